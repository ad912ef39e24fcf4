"""What `var/local.env` holds: secrets made once, ports, and what follows from them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from deploy.local import envfile, paths, ports

HEADING = (
    "Made by deploy/local for this checkout only; .env and the process "
    "environment win over it."
)

# name -> how it looks like; all are made once and kept
SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "JWT_SIGNING_KEYS": lambda: f"1:{secrets.token_urlsafe(48)}",
    "FIELD_KEYS": lambda: f"1:{secrets.token_urlsafe(32)}",
    "LOOKUP_KEY": lambda: secrets.token_urlsafe(32),
    "AUDIT_SEAL_KEY": lambda: secrets.token_urlsafe(32),
    "CURSOR_KEY": lambda: secrets.token_urlsafe(32),
    "LOCATION_BLUR_KEY": lambda: secrets.token_urlsafe(32),
    "DOCUMENT_SEAL_KEY": lambda: secrets.token_urlsafe(32),
    "CODE_HASH_KEY": lambda: secrets.token_urlsafe(32),
    "FEDAPAY_SECRET_KEY": lambda: f"sk_sandbox_{secrets.token_hex(16)}",
    "FEDAPAY_WEBHOOK_SECRET": lambda: f"wh_sandbox_{secrets.token_hex(16)}",
    "TWILIO_ACCOUNT_SID": lambda: f"AC{secrets.token_hex(16)}",
    "TWILIO_AUTH_TOKEN": lambda: secrets.token_hex(16),
    "POSTGRES_OWNER_PASSWORD": lambda: secrets.token_hex(16),
    "POSTGRES_APP_PASSWORD": lambda: secrets.token_hex(16),
    "REDIS_PASSWORD": lambda: secrets.token_hex(16),
}

WEB_PORTS = {
    "WEB_PORT": 8000,
    "REALTIME_PORT": 8001,
    "SIMULATOR_PORT": 8002,
    "SMS_SIMULATOR_PORT": 8003,
}
SMS_NUMBER = "+2290199000000"
"""The simulated number: people can answer it, as they cannot answer a name."""
SERVER_PORTS = {"POSTGRES_PORT": 5490, "REDIS_PORT": 6490}
EXTERNAL = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


def complete(
    kept: Mapping[str, str],
    *,
    given: Mapping[str, str],
    running: frozenset[str] = frozenset(),
    private_servers: bool = True,
    free: Callable[[int], bool] = ports.is_free,
) -> dict[str, str]:
    """The whole of local.env from what was kept and what a person has set.

    ``running`` names the ports our own live processes hold, which are left as
    they are; the others move when somebody else has taken them.
    """
    values = {name: kept.get(name) or make() for name, make in SECRETS.items()}
    taken: set[int] = set()
    wanted_ports = {**WEB_PORTS, **(SERVER_PORTS if private_servers else {})}
    for name, preferred in wanted_ports.items():
        if name in running and kept.get(name):
            values[name] = kept[name]
        elif given.get(name, "").isdigit():
            values[name] = given[name]
        else:
            values[name] = str(
                ports.choose(kept.get(name), preferred, taken=taken, free=free)
            )
        taken.add(int(values[name]))
    if not private_servers:
        # The private ones may be up all the same, and must be found to be stopped.
        values |= {name: kept[name] for name in SERVER_PORTS if kept.get(name)}
    values |= derived(values, private_servers=private_servers)
    return values


def derived(values: Mapping[str, str], *, private_servers: bool) -> dict[str, str]:
    """Addresses and switches that follow from the secrets and ports."""
    host = ports.LOOPBACK
    simulator = f"http://{host}:{values['SIMULATOR_PORT']}"
    found = {
        "DEBUG": "1",
        "DEV_DOORS": "1",
        "LOG_LEVEL": "INFO",
        "ALLOWED_HOSTS": f"{host},localhost",
        "PUBLIC_URL": f"http://{host}:{values['WEB_PORT']}",
        "REALTIME_URL": f"http://{host}:{values['REALTIME_PORT']}",
        "STORAGE_URL": f"file://{paths.VAR / 'media'}",
        "PRIVATE_STORAGE_URL": f"file://{paths.VAR / 'private'}",
        "AUDIT_ANCHOR_URL": f"file://{paths.VAR / 'audit-anchor.jsonl'}",
        "FAILPOINT_DIR": str(paths.VAR / "failpoints"),
        "SIMULATOR_URL": simulator,
        "FEDAPAY_API_BASE": simulator,
        "SMS_TRANSPORT": "twilio",
        "TWILIO_API_BASE": f"http://{host}:{values['SMS_SIMULATOR_PORT']}",
        "TWILIO_FROM": SMS_NUMBER,
        # What a developer waits for comes at any hour.
        "QUIET_HOURS": "",
    }
    if private_servers:
        at = f"{host}:{values['POSTGRES_PORT']}/lokahome"
        owner, app = values["POSTGRES_OWNER_PASSWORD"], values["POSTGRES_APP_PASSWORD"]
        found |= {
            "DATABASE_URL": f"postgres://lokahome_app:{app}@{at}",
            "DATABASE_OWNER_URL": f"postgres://lokahome_owner:{owner}@{at}",
            "REDIS_URL": f"redis://:{values['REDIS_PASSWORD']}@{host}"
            f":{values['REDIS_PORT']}/0",
        }
    return found


def wants_existing_servers(
    given: Mapping[str, str], kept: Mapping[str, str]
) -> tuple[bool, list[str]]:
    """Whether a person gave all three server addresses, and which are missing.

    Addresses equal to our own local.env (an exported copy of it) do not count.
    """
    named = [n for n in EXTERNAL if given.get(n) and given[n] != kept.get(n)]
    missing = [n for n in EXTERNAL if not given.get(n)]
    if not named:
        return False, []
    return not missing, missing


def save(values: Mapping[str, str]) -> None:
    """Write local.env when something in it changed."""
    if envfile.read(paths.LOCAL_ENV) != dict(values):
        envfile.write(paths.LOCAL_ENV, values, heading=HEADING)
