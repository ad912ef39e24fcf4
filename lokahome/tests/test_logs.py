"""Logs: one line an event, with the request id, and without personal data."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from django.db import IntegrityError, connection, transaction

from lokahome.core.ids import uuid7
from lokahome.core.request_id import begin_request_id
from lokahome.logs import LOGGING, SHARED, scrub


@pytest.mark.parametrize(
    "text",
    [
        "+2290197000000",
        "2290197000000",
        "002290197000000",
        "+22997000000",
        "+229 01 97 00 00 00",
        "01 97 00 00 00",
        "0197000000",
        "01.97.00.00.00",
    ],
)
def test_a_phone_never_reaches_a_log(text):
    line = scrub(f"code sent to {text}.")
    assert "[phone]" in line
    assert "97" not in line


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("ama.dossou+test@exemple.bj", "[email]"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[token]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "[token]"),
        ("sk_sandbox_0123456789abcdef", "[token]"),
        ("wh_live_0123456789abcdef", "[token]"),
    ],
)
def test_addresses_and_keys_never_reach_a_log(text, mark):
    assert scrub(f"before {text} after") == f"before {mark} after"


@pytest.mark.parametrize(
    "text",
    [
        "0193a000-0000-7000-8000-000000000001",
        "01936f2e-0197-7000-8000-010203040506",
        "2026-11-23T12:30:00.123456Z",
        "35000 XOF",
        "TS-2026-000042",
        "charge:0193a000-0000-7000-8000-000000000001",
    ],
)
def test_ids_moments_and_amounts_stay_readable(text):
    assert scrub(text) == text


@pytest.fixture
def lines():
    """Return the lines that a logger of the standard library writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    logger = logging.getLogger("lokahome.tests.logs")
    logger.addHandler(handler)
    logger.propagate = False
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.propagate = True


def test_a_line_is_json_with_the_request_id(lines):
    begin_request_id("request-of-a-test")
    structlog.stdlib.get_logger("lokahome.tests.logs").warning("a thing", charge="1")
    (line,) = lines()
    assert line["event"] == "a thing"
    assert line["request_id"] == "request-of-a-test"
    assert line["charge"] == "1"
    assert line["level"] == "warning"
    assert line["timestamp"].endswith("Z")


def test_a_traceback_is_scrubbed_too(lines):
    logger = logging.getLogger("lokahome.tests.logs")
    try:
        raise ValueError("no such person: +2290197000000")
    except ValueError:
        logger.exception("failed for %s", "ama@exemple.bj")
    (line,) = lines()
    text = json.dumps(line)
    assert "97000000" not in text
    assert "ama@" not in text
    assert "ValueError" in line["exception"]


def test_a_row_that_a_constraint_refused_never_reaches_a_log(lines, db):
    try:
        try:
            with connection.cursor() as cursor, transaction.atomic():
                cursor.execute(
                    "INSERT INTO accounts_user (id, full_name) VALUES (%s, %s)",
                    [uuid7(), "Ama\n\nDossou"],
                )
        except IntegrityError as error:
            raise RuntimeError("afterwards") from error
    except RuntimeError:
        logging.getLogger("lokahome.tests.logs").exception("failed")
    line = lines()[-1]
    assert "Dossou" not in str(line)
    assert "not-null constraint" in line["exception"]
    assert "RuntimeError: afterwards" in line["exception"]


def test_values_inside_values_are_scrubbed_too(lines):
    structlog.stdlib.get_logger("lokahome.tests.logs").warning(
        "a thing", people=["+2290197000000"], more={"to": {"phone": "0197000000"}}
    )
    (line,) = lines()
    assert "97000000" not in json.dumps(line)


def test_libraries_that_log_addresses_are_quiet():
    for name in ("httpx", "httpcore"):
        assert LOGGING["loggers"][name]["level"] == "WARNING"
