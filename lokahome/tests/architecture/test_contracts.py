"""The import contracts hold, cover everything, and each of them can break."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from lokahome.tests.architecture import contracts as checker

ROOT = Path(settings.BASE_DIR)
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in CONFIG["contracts"]}
APPS = {"accounts", "payments", "properties", "marketplace", "messaging"}
GROUND = ROOT / "lokahome" / "core"
DOORS_OF_THE_GROUND = {
    "admin": "the back-office",
    "api": "DRF itself",
    "apps": "start-up",
    "checks": "manage.py check",
    "documents": "its rooms are listed one by one; views and urls are doors",
    "error_pages": "Django's handlers",
    "files": "its rooms are listed one by one; views and urls are doors",
    "housekeeping": "called by tasks; gathers the rows of every room, the API's included",
    "management": "commands",
    "migrations": "history",
    "models": "gathers the tables for Django, those of the API included",
    "tasks": "Celery itself",
}

PLANTS = {
    "an app that imports one above it": (
        "stack",
        [("payments/services/planted.py", "import properties.models\n")],
    ),
    "the ground that imports an app": (
        "stack",
        [("lokahome/core/apps.py", "\nimport accounts.events\n")],
    ),
    "an app that imports the roof": (
        "stack",
        [("accounts/services/planted.py", "from lokahome import settings\n")],
    ),
    "an import that hides in a function": (
        "stack",
        [("accounts/services/planted.py", "def f():\n    import payments.events\n")],
    ),
    "a model that imports a service": (
        "rooms",
        [("accounts/models/planted.py", "import accounts.services.signing_in.codes\n")],
    ),
    "a query that imports a door": (
        "rooms",
        [("accounts/queries/people.py", "\nimport accounts.api.urls\n")],
    ),
    "a room with a name of its own": ("rooms", [("payments/helpers.py", "")]),
    "a low floor of the ground that imports a high one": (
        "ground",
        [("lokahome/core/db/planted.py", "import lokahome.core.events.outbox\n")],
    ),
    "a floor of the ground that nobody named": (
        "ground",
        [("lokahome/core/misc.py", "")],
    ),
    "a service that knows Celery": (
        "doors",
        [("accounts/services/planted.py", "from celery import shared_task\n")],
    ),
    "a model that knows DRF": (
        "doors",
        [("payments/models/planted.py", "from rest_framework import serializers\n")],
    ),
    "a query that knows Channels": (
        "doors",
        [("accounts/queries/people.py", "\nimport channels.layers\n")],
    ),
    "the outbox that knows Celery": (
        "doors",
        [("lokahome/core/events/planted.py", "import celery\n")],
    ),
    "a gateway that reads settings": (
        "adapters",
        [("payments/gateways/planted.py", "from django.conf import settings\n")],
    ),
    "a carrier that appends events": (
        "adapters",
        [("messaging/channels/planted.py", "import lokahome.core.events.outbox\n")],
    ),
    "a carrier that knows another": (
        "carriers",
        [
            (
                "messaging/channels/sms_caught.py",
                "\nfrom messaging.channels import sms_twilio\n",
            )
        ],
    ),
    "a simulator that uses Django": (
        "simulators",
        [("payments/simulators/planted.py", "import django\n")],
    ),
    "a simulator that shares code with what it simulates": (
        "simulators",
        [("payments/simulators/planted.py", "import payments.gateways.base\n")],
    ),
    "a simulator of SMS that shares our signature": (
        "sms-simulator",
        [
            (
                "messaging/simulators/planted.py",
                "import messaging.channels.twilio_signature\n",
            )
        ],
    ),
    "a service that knows the simulator": (
        "no-simulators",
        [("payments/services/planted.py", "import payments.simulators.book\n")],
    ),
    "a demonstration that reaches inside": (
        "outside",
        [("deploy/demo/planted.py", "import lokahome.core.money\n")],
    ),
}


@pytest.fixture(scope="module")
def broken_by(tmp_path_factory):
    """Return, for each plant and for none at all, the contracts that break."""
    copy = tmp_path_factory.mktemp("code")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in CONFIG["root_packages"]:
        for source in (ROOT / package).rglob("*.py"):
            target = copy / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    plants = {"nothing": (None, []), **PLANTS}
    done = subprocess.run(
        [sys.executable, str(Path(checker.__file__))],
        input=json.dumps([planted for _contract, planted in plants.values()]),
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return dict(zip(plants, json.loads(done.stdout), strict=True))


def test_the_contracts_hold(broken_by):
    assert broken_by["nothing"] == []


@pytest.mark.parametrize("plant", PLANTS)
def test_a_wrong_import_breaks_its_contract_and_no_other(broken_by, plant):
    contract, _planted = PLANTS[plant]
    assert broken_by[plant] == [contract]


def test_every_contract_is_seen_to_break():
    assert {contract for contract, _planted in PLANTS.values()} == set(CONTRACTS)


# --- Coverage ------------------------------------------------------------------------


def modules(folder):
    """Return the names of the modules and packages that stand in *folder*."""
    return {
        path.stem
        for path in folder.iterdir()
        if (path.suffix == ".py" or any(path.glob("*.py")))
        and path.stem not in {"__init__", "__pycache__"}
    }


def named(layers):
    return {
        name.strip().strip("()")
        for layer in layers
        for name in layer.replace("|", ":").split(":")
    }


def test_the_stack_names_every_app_and_every_module_of_the_roof():
    listed = named(CONTRACTS["stack"]["layers"])
    roof = {f"lokahome.{name}" for name in modules(ROOT / "lokahome")}
    ours = {
        config.name
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(ROOT)
        and not Path(config.path).is_relative_to(ROOT / ".venv")
    }
    assert listed == (roof - {"lokahome.tests"}) | APPS
    assert ours == APPS | {"lokahome.core"}


def test_the_rooms_of_every_app_are_held():
    assert set(CONTRACTS["rooms"]["containers"]) == APPS
    assert CONTRACTS["rooms"]["exhaustive"] is True
    assert CONTRACTS["ground"]["exhaustive"] is True


def test_every_root_package_is_under_contract():
    assert set(CONFIG["root_packages"]) == APPS | {"lokahome", "deploy"}


def test_every_room_of_the_ground_is_a_door_or_keeps_out_of_celery_and_drf():
    prefix = "lokahome.core."
    listed = {
        name.removeprefix(prefix).split(".")[0]
        for name in CONTRACTS["doors"]["source_modules"]
        if name.startswith(prefix)
    }
    assert modules(GROUND) - listed <= set(DOORS_OF_THE_GROUND)
    for package in ("documents", "files"):
        held = {
            name.removeprefix(f"{prefix}{package}.")
            for name in CONTRACTS["doors"]["source_modules"]
            if name.startswith(f"{prefix}{package}.")
        }
        assert modules(GROUND / package) - held <= {"urls", "views", "kinds"}


def test_every_carrier_of_messages_is_independent_of_the_others():
    carriers = modules(ROOT / "messaging" / "channels") - {"base", "gsm7"}
    prefix = "messaging.channels."
    assert {prefix + name for name in carriers} == set(CONTRACTS["carriers"]["modules"])


def test_exceptions_are_few_and_known():
    """Each is an import that a contract forbids and that we have a reason for."""
    exceptions = {
        name: {
            line
            for line in contract.get("ignore_imports", ())
            if not line.endswith("tests.** -> **")
        }
        for name, contract in CONTRACTS.items()
    }
    assert {name: found for name, found in exceptions.items() if found} == {
        "adapters": {"messaging.channels.email_caught -> django"}
    }
