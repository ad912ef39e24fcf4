"""The one gate: `make test` is what CI runs; `make quick` is its fast part.

Every step runs even after a failure. Tests come last, alone and in full view.
"""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from deploy.local import paths
from deploy.local.report import say

ROOMS = (
    "lokahome",
    "accounts",
    "properties",
    "marketplace",
    "payments",
    "messaging",
    "bench",
    "deploy",
)


@dataclass(frozen=True)
class Step:
    """One command of the gate; ``env`` is laid over the children's environment."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How one step ended."""

    step: Step
    code: int
    seconds: float
    output: str


def production_environment() -> dict[str, str]:
    """What a production machine would set, with secrets made for this run."""
    names = (
        *("SECRET_KEY", "CURSOR_KEY", "LOCATION_BLUR_KEY", "LOOKUP_KEY"),
        *("DOCUMENT_SEAL_KEY", "CODE_HASH_KEY", "FEDAPAY_SECRET_KEY"),
        *("FEDAPAY_WEBHOOK_SECRET", "AUDIT_SEAL_KEY"),
    )
    keyrings = ("JWT_SIGNING_KEYS", "FIELD_KEYS")
    return {
        **{name: secrets.token_urlsafe(48) for name in names},
        **{name: f"1:{secrets.token_urlsafe(48)}" for name in keyrings},
        "DEBUG": "0",
        "DEV_DOORS": "0",
        "NUM_PROXIES": "1",
        "ALLOWED_HOSTS": "lokahome.example",
        "PUBLIC_URL": "https://lokahome.example",
        "REALTIME_URL": "https://live.lokahome.example",
        "FEDAPAY_API_BASE": "https://api.fedapay.com",
        "STORAGE_URL": "s3://key:secret@s3.lokahome.example/public?region=eu-west-3",
        "PRIVATE_STORAGE_URL": (
            "s3://key:secret@s3.lokahome.example/private?region=eu-west-3"
        ),
        "AUDIT_ANCHOR_URL": "s3://lokahome-anchors/production",
        "EMAIL_URL": "smtp+tls://user:password@mail.lokahome.example:587",
        "SMS_TRANSPORT": "twilio",
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TWILIO_FROM": "LOKAHOME",
        # Set to nothing, or var/local.env would fill them.
        "SIMULATOR_URL": "",
        "FAILPOINT_DIR": "",
    }


def static_steps() -> list[Step]:
    """All steps but the tests, the slow ones first so that two fill two cores."""
    bin_ = paths.VENV / "bin"
    manage = (str(paths.VENV_PYTHON), "manage.py")
    rooms = tuple(name for name in ROOMS if (paths.ROOT / name).is_dir())

    def tool(name: str, *arguments: str) -> tuple[str, ...]:
        return (str(bin_ / name), *arguments)

    return [
        Step("mypy", tool("mypy", *rooms)),
        Step("black", tool("black", "--check", ".")),
        Step("isort", tool("isort", "--check-only", ".")),
        Step("ruff", tool("ruff", "check", "--no-cache", ".")),
        Step("import contracts", tool("lint-imports", "--no-cache", "--no-logo")),
        Step("migrations", (*manage, "makemigrations", "--check", "--dry-run")),
        Step(
            "deployment checks",
            (*manage, "check", "--deploy", "--fail-level", "WARNING"),
            production_environment(),
        ),
        Step(
            "API schema",
            (
                *(*manage, "spectacular", "--validate", "--fail-on-warn"),
                *("--file", "/dev/null"),
            ),
        ),
        Step("generated documents", (*manage, "list_events", "--check")),
    ]


def _run(step: Step, env: Mapping[str, str]) -> Outcome:
    begin = time.monotonic()
    done = subprocess.run(
        step.command,
        cwd=paths.ROOT,
        env={**env, **step.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    outcome = Outcome(step, done.returncode, time.monotonic() - begin, done.stdout)
    mark = "ok" if outcome.code == 0 else "FAILED"
    say(f"  {step.name:<24}{outcome.seconds:7.1f} s  {mark}")
    return outcome


def quick(env: Mapping[str, str]) -> list[str]:
    """Run the static steps two at a time; the names of those that failed."""
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda step: _run(step, env), static_steps()))
    failed = [outcome for outcome in outcomes if outcome.code != 0]
    for outcome in failed:
        say(f"\n--- {outcome.step.name}: {' '.join(outcome.step.command)}")
        say(outcome.output.rstrip())
    return [outcome.step.name for outcome in failed]


def full(env: Mapping[str, str]) -> list[str]:
    """Static steps, then every test; the names of what failed."""
    failed = quick(env)
    if failed:
        say(f"\nfailed so far: {', '.join(failed)}; the tests run all the same\n")
    command = [str(paths.VENV_PYTHON), "-m", "pytest", "-q", "-n", "2"]
    done = subprocess.run(
        [*command, "--dist", "loadfile"], cwd=paths.ROOT, env=dict(env), check=False
    )
    return [*failed, "tests"] if done.returncode != 0 else failed
