"""The simulated gateway's own side: its book, and what it did with its webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Gateway:
    """The control interface of the simulator at *base*."""

    base: str

    def totals(self) -> dict[str, int]:
        """Return francs collected, fees, net… of the whole book."""
        totals: dict[str, int] = self._get("book", limit=0)["totals"]
        return totals

    def collected(self, reference: str) -> int:
        """Return the francs that the book says were taken under *reference*."""
        rows = self._get("book", reference=reference)["rows"]
        return sum(r["amount"] for r in rows if r["kind"] == "transaction.approved")

    def paid_out(self, reference: str) -> int:
        """Return the francs that the book says were sent under *reference*."""
        rows = self._get("book", reference=reference)["rows"]
        return sum(r["amount"] for r in rows if r["kind"] == "payout.sent")

    def webhooks(self, reference: str) -> list[dict[str, Any]]:
        """Return the events about *reference*, newest first, with their deliveries."""
        events: list[dict[str, Any]] = self._get(
            "fedapay/webhooks", reference=reference
        )["events"]
        return events

    def fault(self, **rule: Any) -> None:
        """Make something go wrong (see the simulator's faults)."""
        self._post("faults", rule)

    def clear_faults(self) -> None:
        """Behave again."""
        self._post("faults/clear", {})

    def approve(self, reference: str) -> None:
        """Let the payer of *reference* approve now."""
        self._post(f"fedapay/charges/{reference}/approve", {})

    def charge(self, reference: str) -> dict[str, Any] | None:
        """Return the gateway's own row under *reference*, None when it has none."""
        rows = self._get("fedapay/charges", reference=reference)["charges"]
        return rows[0] if rows else None

    def _get(self, path: str, **parameters: Any) -> Any:
        response = httpx.get(f"{self.base}/_control/{path}", params=parameters)
        return response.raise_for_status().json()

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        response = httpx.post(f"{self.base}/_control/{path}", json=body)
        return response.raise_for_status().json()
