"""The journey of a rent, walked from outside by three clients at once.

One platform for all, and all at once: starting one and waiting for payers is what takes
time. What they share is what people share.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from deploy.local import paths

EXAMPLES = "docs/api/examples"
CLIENTS = {
    "demo": [sys.executable, "-m", "deploy.demo"],
    "curl": ["sh", f"{EXAMPLES}/journey.sh"],
    "httpx": [sys.executable, f"{EXAMPLES}/journey.py"],
}
SECONDS = 240


@pytest.fixture(scope="module")
def walks(platform):
    """What each client said, by name; all have ended."""
    env = {**os.environ, **platform.env, "BASE": platform.addresses.public}
    running = {
        name: subprocess.Popen(
            command,
            cwd=paths.ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, command in CLIENTS.items()
    }
    try:
        yield {
            name: (process.communicate(timeout=SECONDS)[0], process.returncode)
            for name, process in running.items()
        }
    finally:
        for process in running.values():
            process.kill()
            process.wait()


@pytest.mark.parametrize("client", CLIENTS)
def test_the_journey_is_complete(walks, client):
    said, code = walks[client]
    assert code == 0, said
    assert said.splitlines()[-1] == "journey complete"


def test_the_demo_tells_every_step_and_its_time(walks):
    from deploy.demo.steps import STEPS

    said, _code = walks["demo"]
    for number, (title, _step) in enumerate(STEPS, start=1):
        assert f"{number:>2}. {title}" in said


def test_nothing_died_on_the_way(platform, walks):
    deaths = {name: p.deaths for name, p in platform.processes.items() if p.deaths}
    assert deaths == {}


def test_both_books_agree_afterwards(platform, walks):
    import httpx

    broken = platform.manage("check_invariants")
    assert broken.returncode == 0, broken.stdout
    book = httpx.get(f"{platform.addresses.simulator}/_control/book").json()["totals"]
    ledger = platform.manage("ledger_totals").stdout
    assert f"net {book['net']} F, fees {book['fees']} F, suspense 0 F" in ledger
