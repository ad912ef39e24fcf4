"""What the program needs of a simulated gateway; one module each implements it."""

from typing import Any, Protocol

from starlette.routing import Route

from payments.simulators.webhooks import Courier


class NotKnown(LookupError):
    """No such object, action or event."""


class NotAllowed(ValueError):
    """The state of the object does not allow the action."""


class SimulatedGateway(Protocol):
    """A gateway as the control interface and the console see it."""

    name: str
    courier: Courier

    def routes(self) -> list[Route]:
        """Return the gateway's public paths."""

    def resume(self) -> None:
        """Take up, inside the event loop, what a restart interrupted."""

    def charges(self, reference: str | None = None) -> list[dict[str, Any]]:
        """Return the charges, newest first, in the words of the console."""

    def payouts(self, reference: str | None = None) -> list[dict[str, Any]]:
        """Return the payouts, newest first."""

    def events(self, reference: str | None = None) -> list[dict[str, Any]]:
        """Return the events and how their webhooks fared, newest first."""

    def calls(self) -> list[dict[str, Any]]:
        """Return the last calls received, oldest first."""

    def act(self, kind: str, key: str, action: str, body: dict[str, Any]) -> None:
        """Do what a tester asks of a charge or payout named by reference or id."""

    def replay(self, event_id: str, body: dict[str, Any]) -> None:
        """Send the webhook of an event again."""

    def numbers(self) -> list[tuple[str, str, str]]:
        """Return the table of test numbers: ending, as payer, as receiver."""
