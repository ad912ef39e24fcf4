"""Where the platform to drive is, from the environment or from ``var/local.env``."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.local import envfile


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base addresses without a trailing slash."""

    public: str
    simulator: str

    @property
    def api(self) -> str:
        """Base of the API."""
        return f"{self.public}/api/v1"


def addresses() -> Addresses:
    """Return where the platform of this checkout is; raises KeyError when never set up."""
    env = envfile.merged()
    return Addresses(
        public=env["PUBLIC_URL"].rstrip("/"),
        simulator=env["SIMULATOR_URL"].rstrip("/"),
    )
