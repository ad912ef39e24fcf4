"""Answering for a gap of the log: by a holder of the key, under a later seal."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from bench.audit.tampering import disarm, explain_forged
from lokahome.core import clock
from lokahome.core.audit.chain import keys
from lokahome.core.audit.explaining import EXPLAINED, explain, proof_of
from lokahome.core.audit.models import AuditEntry, AuditEvent, AuditSeal
from lokahome.core.audit.record import record
from lokahome.core.audit.sealing import seal_next
from lokahome.core.audit.verifying import GAPS, look, verify
from lokahome.core.invariants import check_invariants
from lokahome.core.tasks import seal_audit
from lokahome.tests.core.audit.chains import found, later, sealed, write
from lokahome.tests.databases import owner_connection

CHAIN = "audit.chain_holds"
BOTH = {"sealing_paused", "row_sealed_late"}


@pytest.fixture
def gap(db, place):
    """Seal 3, made an hour after seal 2 over rows that waited; the clock stays there."""
    sealed(2)
    write()
    with later(hours=1):
        seal_audit()
        assert found(place) == BOTH
        yield AuditSeal.objects.get(position=3)


def told(*arguments):
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()


def answer(position=3, reason="Panne de courant."):
    return told("--explain", str(position), "--reason", reason)


def forged(gap, **changes):
    """Write a row as `explain` would, but for what *changes* says; seal it."""
    key_id, key = next(iter(keys().items()))
    claims = {"kinds": sorted(BOTH), "reason": "Panne.", "seal": gap, **changes}
    key = claims.pop("key", key)
    details = {
        "kinds": claims["kinds"],
        "key_id": key_id,
        "proof": proof_of(key, key_id=key_id, **claims),
    }
    record(
        EXPLAINED,
        subject=f"seal:{gap.position}",
        actor_id=None,
        reason="Panne.",
        details=details,
    )
    seal_audit()


# --- The control: an honest answer ------------------------------------------------------


def test_a_gap_that_somebody_answers_for_is_a_finding_no_more(gap, place):
    with pytest.raises(CommandError):
        told()
    assert "prochain sceau" in answer()
    event = AuditEvent.objects.get(action=EXPLAINED)
    assert (event.subject, event.reason) == ("seal:3", "Panne de courant.")
    assert event.details["kinds"] == sorted(BOTH)
    seal_audit()
    assert found(place) == set()
    assert found() == set()
    assert check_invariants([CHAIN]) == []


def test_what_is_explained_is_still_told(gap):
    answer()
    seal_audit()
    text = told()
    assert "explained: sealing_paused seal:3 3600 s: Panne de courant." in text
    assert text.count("explained: row_sealed_late seal:3") == 1
    lines = json.loads(told("--json"))
    assert lines["found"] == []
    assert len(lines["explained"]) == 2


def test_the_end_of_the_chain_alone_knows_of_the_answer_too(gap, place):
    answer()
    seal_audit()
    seen = look(now=clock.now(), place=place, newest_seals=3)
    assert seen.findings == []
    assert {item.kind for item in seen.explained} == BOTH


def test_an_old_key_still_proves_an_answer(gap, settings):
    answer()
    seal_audit()
    settings.AUDIT_SEAL_KEY = f"{'n' * 40},{settings.AUDIT_SEAL_KEY}"
    assert found() == set()
    settings.AUDIT_SEAL_KEY = "n" * 40
    assert found() == {"unknown_key", *BOTH}


@pytest.mark.parametrize(
    ("position", "reason"),
    [(3, ""), (3, "  "), (3, "x" * 501), (2, "Panne."), (1, "Panne."), (9, "Panne.")],
)
def test_only_a_gap_that_is_there_is_explained_and_with_a_reason(gap, position, reason):
    with pytest.raises(CommandError):
        answer(position, reason)
    assert not AuditEvent.objects.filter(action=EXPLAINED).exists()


# --- Answers that count for nothing -----------------------------------------------------


def test_a_row_that_was_put_in_beforehand_explains_nothing(db, place):
    sealed(2)
    write()
    with later(hours=3):
        record(EXPLAINED, subject="seal:3", actor_id=None, reason=".")
        seal_audit()
        assert AuditSeal.objects.count() == 3
        assert found(place) == BOTH
        assert check_invariants([CHAIN])


def test_rows_that_a_superuser_forges_before_and_after_explain_nothing(
    committed, place
):
    sealed()
    with owner_connection() as owner:
        disarm(owner)
        explain_forged(owner, random.Random(1))
        disarm(owner, armed=True)
    rows = AuditEvent.objects.filter(action=EXPLAINED)
    assert rows.count() == 2
    sources = AuditEntry.objects.filter(row_id__in=rows.values("pk"))
    assert sources.count() == 2, "both are sealed, and still count for nothing"
    findings = verify(now=clock.now() + timedelta(hours=2), place=None)
    assert {finding.kind for finding in findings} == BOTH, "nothing else tells of it"


@pytest.mark.parametrize(
    "changes",
    [
        {"key": b"guessed" * 6},
        {"reason": "Autre chose."},
        {"seal": "another"},
    ],
    ids=str,
)
def test_a_proof_of_something_else_explains_nothing(gap, changes):
    if "seal" in changes:
        changes = {"seal": AuditSeal(position=3, seal="another")}
    forged(gap, **changes)
    assert found() == BOTH


def test_a_row_with_all_of_it_right_would_explain(gap):
    """The control of what is forged above."""
    forged(gap)
    assert found() == set()


def test_an_answer_to_one_kind_is_none_to_the_other(gap):
    explain(gap, kinds=["sealing_paused"], reason="Panne.")
    seal_audit()
    assert found() == {"row_sealed_late"}


def test_an_answer_counts_once_a_later_seal_covers_it(gap):
    explain(gap, kinds=GAPS, reason="Panne.")
    assert found() == BOTH
    assert seal_next(now=clock.now()) is not None
    assert found() == set()


@pytest.mark.parametrize(
    "details",
    [
        *({}, [], "x", None, {"kinds": "sealing_paused"}, {"kinds": [1]}),
        {"kinds": ["sealing_paused"], "key_id": "nobody's", "proof": "é"},
    ],
    ids=str,
)
def test_details_of_any_shape_explain_nothing(gap, details):
    event = AuditEvent(action=EXPLAINED, subject="seal:3", reason="Panne.")
    event.details = details if details is not None else [None]
    event.save()
    seal_audit()
    assert found() == BOTH


def test_the_key_is_another_than_that_of_the_seals(gap):
    """So that no HMAC of a seal is a proof, whatever either says."""
    key_id, key = next(iter(keys().items()))
    claims = {"seal": gap, "kinds": ["a"], "reason": "b", "key_id": key_id}
    text = json.dumps(
        ["lokahome-audit-explanation-1", ["a"], 3, gap.seal, "b", key_id],
        separators=(",", ":"),
    )
    plain = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    assert proof_of(key, **claims) != plain
    own = hmac.new(key, b"lokahome-audit-explanation-1", hashlib.sha256).digest()
    under = hmac.new(own, text.encode(), hashlib.sha256).hexdigest()
    assert proof_of(key, **claims) == under
