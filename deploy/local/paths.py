"""Where things of this checkout live."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LOG = VAR / "log"
RUN = VAR / "run"
LOCAL_ENV = VAR / "local.env"
DOT_ENV = ROOT / ".env"
DEMO_LOGINS = VAR / "demo-logins.txt"

# Names the checkout where a path would be too long or unreachable.
DIGEST = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]


def make_var() -> None:
    """Create ``var/`` and the folders every process may write to."""
    for name in ("log", "run", "cache", "media", "private", "failpoints"):
        (VAR / name).mkdir(parents=True, exist_ok=True)
