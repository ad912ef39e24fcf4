"""No call leaves while a database transaction is open."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, transaction

from lokahome.core.http.client import OutgoingClient
from lokahome.core.http.errors import CalledInsideTransaction, Unreachable

ROOT = Path(__file__).resolve().parents[4]

# Real Django over SQLite in a process of its own: needs no database of ours.
PROGRAM = """
from django.conf import settings
settings.configure(DATABASES={"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
import django
django.setup()
from django.db import connection, transaction
from django.test import TestCase
from lokahome.core.http.errors import CalledInsideTransaction
from lokahome.core.http.transactions import refuse_inside_transaction as refuse

def refused():
    try:
        refuse()
    except CalledInsideTransaction:
        return True
    return False

assert not refused(), "nothing open"
with transaction.atomic():
    assert refused(), "atomic"
    with transaction.atomic():
        assert refused(), "nested"
assert not refused(), "closed again"
connection.set_autocommit(False)
assert refused(), "autocommit off"
connection.rollback()
connection.set_autocommit(True)
assert not refused()
atomics = TestCase._enter_atomics()
assert not refused(), "the test case's own block"
with transaction.atomic():
    assert refused(), "a block inside the test case's"
assert not refused()
TestCase._rollback_atomics(atomics)
"""


def test_real_transactions_are_seen_and_the_test_cases_own_is_not():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_client_works_without_settings():
    program = (
        "import django.db, lokahome.core.http.client;"
        "from lokahome.core.http.transactions import refuse_inside_transaction as r;"
        "r()"
    )
    bare = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def call():
    http = OutgoingClient(
        "http://127.0.0.1:1", allowed_hosts={"127.0.0.1"}, allow_loopback=True
    )
    with http:
        http.request("GET", "/")


@pytest.mark.django_db
def test_the_client_refuses_before_it_opens_a_socket():
    assert connection.in_atomic_block
    with pytest.raises(Unreachable):
        call()
    with transaction.atomic(), pytest.raises(CalledInsideTransaction):
        call()
