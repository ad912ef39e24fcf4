"""Documents that prove nothing any more, and photos that are not kept for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.events import IdentityExpired, IdentityRunsOut, LevelChanged
from accounts.models import IdentityCheck, RoleGrant, Session, User
from accounts.queries.signing_in import last_active_at
from accounts.services.identity import retention as identity_retention
from accounts.services.identity.checks import withdraw_identity_check
from accounts.services.identity.expiry import (
    SILENCE,
    expire_identity_checks,
    warn_of_ends,
)
from accounts.services.identity.files import (
    blurred_document,
    open_document,
    sides_of,
    sign_look,
)
from accounts.services.identity.levels import recompute_levels
from accounts.services.identity.retention import (
    forget_accepted_files,
    forget_other_files,
)
from accounts.services.signing_in.sessions import forget_past_sessions
from accounts.tests.services.test_identity_checks import (
    accepted,
    levels,
    refused,
    submitted,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotFound
from lokahome.core.events.models import OutboxEvent
from lokahome.core.files.models import Upload
from lokahome.core.invariants import check_invariants
from lokahome.core.privacy.retention import retentions
from lokahome.tests.people import make_person, make_staff
from lokahome.tests.threads import race

DAY = timedelta(days=1)


def facts(event):
    return OutboxEvent.objects.filter(name=event.name).count()


def passport(person, reviewer, days):
    """Return an accepted passport of *person* that is valid for *days* more."""
    expires_on = clock.today() + timedelta(days=days)
    check = submitted(person, document_kind="passport", expires_on=expires_on)
    return accepted(check, reviewer)


def silent_since(person, moment):
    """Let the person's last use and last document be of *moment*."""
    Session.objects.filter(user=person).update(started_at=moment, last_used_at=moment)
    IdentityCheck.objects.filter(person=person).update(decided_at=moment)


def test_a_document_counts_on_its_last_day_and_not_on_the_next(ama, identity_checker):
    check = passport(ama.user, identity_checker.user, 10)
    assert expire_identity_checks(now=clock.now() + 10 * DAY) == 0
    assert levels(ama.user) == [("tenant", 1)]
    assert expire_identity_checks(now=clock.now() + 11 * DAY) == 1
    check.refresh_from_db()
    assert (check.status, check.end_cause) == ("expired", "date")
    assert levels(ama.user) == [("tenant", 0)]
    assert (facts(IdentityExpired), facts(LevelChanged)) == (1, 2)
    assert expire_identity_checks(now=clock.now() + 11 * DAY) == 0
    assert facts(IdentityExpired) == 1


def test_another_document_keeps_the_level_up(ama, identity_checker):
    passport(ama.user, identity_checker.user, 10)
    accepted(submitted(ama.user), identity_checker.user)
    assert expire_identity_checks(now=clock.now() + 11 * DAY) == 1
    assert levels(ama.user) == [("tenant", 1)]


def test_a_year_of_silence_asks_for_the_identity_again_and_for_nothing_else(kossi):
    silent_since(kossi.user, clock.now() - SILENCE - DAY)
    assert expire_identity_checks(now=clock.now()) == 1
    ended = IdentityCheck.objects.get(status="expired")
    assert (ended.purpose, ended.end_cause) == ("identity", "silence")
    assert dict(levels(kossi.user)) == {"landlord": 0, "tenant": 0}
    assert check_invariants(["identity.levels_rest_on_documents"]) == []


def test_the_next_identity_document_brings_the_old_level_back(kossi, identity_checker):
    silent_since(kossi.user, clock.now() - SILENCE - DAY)
    expire_identity_checks(now=clock.now())
    accepted(submitted(kossi.user, number="5432109876"), identity_checker.user)
    assert dict(levels(kossi.user)) == {"landlord": 2, "tenant": 1}


@pytest.mark.parametrize("what", ["use", "decision"])
def test_who_used_the_account_or_was_checked_within_the_year_is_not_silent(kossi, what):
    now = clock.now()
    silent_since(kossi.user, now - SILENCE - DAY)
    recent = now - SILENCE + DAY
    if what == "use":
        Session.objects.filter(user=kossi.user).update(last_used_at=recent)
    else:
        IdentityCheck.objects.filter(person=kossi.user).update(decided_at=recent)
    assert expire_identity_checks(now=now) == 0


@pytest.mark.parametrize(("days_away", "ended"), [(200, 0), (366, 1)])
def test_whose_sessions_were_deleted_is_as_silent_as_they_are(kossi, days_away, ended):
    """Sessions go half a year after their end; a year of silence is a year."""
    now = clock.now()
    away = now - timedelta(days=days_away)
    silent_since(kossi.user, away)
    IdentityCheck.objects.filter(person=kossi.user).update(decided_at=now - 2 * SILENCE)
    Session.objects.filter(user=kossi.user).update(
        expires_at=away + DAY, ended_at=away, end_reason="signed_out"
    )
    assert forget_past_sessions(now=now) == 1
    assert not Session.objects.filter(user=kossi.user).exists()
    assert last_active_at(kossi.id) == away
    assert expire_identity_checks(now=now) == ended
    assert dict(levels(kossi.user))["landlord"] == (0 if ended else 2)


def test_sessions_that_are_deleted_later_never_set_the_last_use_back(kossi):
    now = clock.now()
    recent = now - timedelta(days=190)
    User.objects.filter(pk=kossi.id).update(used_at=recent)
    older = now - timedelta(days=300)
    Session.objects.filter(user=kossi.user).update(
        started_at=older, last_used_at=older, ended_at=older, end_reason="signed_out"
    )
    assert forget_past_sessions(now=now) == 1
    assert last_active_at(kossi.id) == recent


# --- Before the end -------------------------------------------------------------------------


def test_a_document_that_runs_out_is_announced_once_thirty_days_before(
    ama, identity_checker
):
    check = passport(ama.user, identity_checker.user, 40)
    now = clock.now()
    assert warn_of_ends(now=now + 9 * DAY) == 0
    assert warn_of_ends(now=now + 10 * DAY) == 1
    assert warn_of_ends(now=now + 11 * DAY) == 0
    assert facts(IdentityRunsOut) == 1
    check.refresh_from_db()
    assert (check.status, check.warned_at) == ("accepted", now + 10 * DAY)


def test_nothing_is_announced_where_the_next_one_waits_or_it_is_over(
    ama, identity_checker
):
    passport(ama.user, identity_checker.user, 20)
    expires_on = clock.today() + timedelta(days=900)
    submitted(
        ama.user, document_kind="passport", number="CD998877", expires_on=expires_on
    )
    assert warn_of_ends(now=clock.now()) == 0
    assert warn_of_ends(now=clock.now() + 30 * DAY) == 0
    assert facts(IdentityRunsOut) == 0


def test_two_runs_at_once_announce_it_once(committed):
    person = make_person(name="Ama", phone="+2290197000001", roles=("tenant",), level=1)
    soon = clock.today() + timedelta(days=20)
    IdentityCheck.objects.filter(person=person).update(expires_on=soon)
    counts = race(2, lambda _index: warn_of_ends(now=clock.now()))
    assert sorted(counts) == [0, 1]
    assert facts(IdentityRunsOut) == 1


def test_two_runs_at_once_end_a_document_once(committed):
    person = make_person(name="Ama", phone="+2290197000001", roles=("tenant",), level=1)
    later = clock.now() + SILENCE + DAY
    counts = race(2, lambda _index: expire_identity_checks(now=later))
    assert sorted(counts) == [0, 1]
    assert facts(IdentityExpired) == 1
    assert RoleGrant.objects.get(user=person).level == 0


# --- Levels are what documents prove, whatever happened in between --------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["submit", "accept", "refuse", "expire", "withdraw"]),
        st.sampled_from(["cip", "passport", "voter_card", "driving_licence", "ifu"]),
    ),
    max_size=12,
)


@pytest.mark.django_db
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_levels_follow_documents_through_any_history(db, steps):
    from django.db import transaction

    with transaction.atomic():
        person = make_person(
            name="Ama", phone="+2290197000001", roles=("tenant", "provider")
        )
        reviewer = make_staff("reviewing", "identity_checker").user
        for action, kind in steps:
            of_kind = IdentityCheck.objects.filter(person=person, document_kind=kind)
            waiting, held = of_kind.waiting().first(), of_kind.accepted().first()
            if action == "submit" and waiting is None and held is None:
                submitted(person, document_kind=kind)
            elif action == "accept" and waiting is not None:
                accepted(waiting, reviewer)
            elif action == "refuse" and waiting is not None:
                refused(waiting, reviewer)
            elif action == "withdraw" and waiting is not None:
                withdraw_identity_check(
                    check_id=waiting.pk, person=person, now=clock.now()
                )
            elif action == "expire" and held is not None and held.expires_on:
                IdentityCheck.objects.filter(pk=held.pk).update(
                    expires_on=clock.today() - DAY
                )
                expire_identity_checks(now=clock.now())
            assert check_invariants(["identity.levels_rest_on_documents"]) == []
            assert recompute_levels(person_id=person.pk) == [], "nothing was left to do"
        transaction.set_rollback(True)


# --- Files ----------------------------------------------------------------------------------


def files_of(check):
    return Upload.objects.filter(pk__in=[check.upload_id, check.back_upload_id])


def aged(check, days):
    """Let *check* have been decided, and last touched, *days* ago."""
    moment = clock.now() - timedelta(days=days)
    changes = {"updated_at": moment}
    if check.decided_at is not None:
        changes["decided_at"] = moment
    IdentityCheck.objects.filter(pk=check.pk).update(**changes)


@pytest.mark.parametrize(("days", "gone"), [(29, 0), (31, 1)])
def test_photos_of_what_was_accepted_go_after_thirty_days(
    ama, identity_checker, days, gone
):
    check = accepted(
        submitted(ama.user, document_kind="national_card"), identity_checker.user
    )
    names = list(files_of(check).values_list("file_name", flat=True))
    assert len(names) == 2
    aged(check, days)
    assert forget_other_files(clock.now()) == 0
    assert forget_accepted_files(clock.now()) == gone
    check.refresh_from_db()
    assert (check.files_deleted_at is not None) == bool(gone)
    assert files_of(check).count() == (0 if gone else 2)
    assert [storages["private"].exists(name) for name in names] == [not gone] * 2
    assert check.number == "AB123456", "what was proved stays"


@pytest.mark.parametrize("end", ["refused", "withdrawn"])
@pytest.mark.parametrize(("days", "gone"), [(89, 0), (91, 1)])
def test_photos_of_what_ended_otherwise_go_after_ninety(
    ama, identity_checker, end, days, gone
):
    check = submitted(ama.user)
    if end == "refused":
        check = refused(check, identity_checker.user)
    else:
        check = withdraw_identity_check(
            check_id=check.pk, person=ama.user, now=clock.now()
        )
    aged(check, days)
    assert forget_accepted_files(clock.now()) == 0
    assert forget_other_files(clock.now()) == gone
    assert files_of(check).count() == 1 - gone


def test_photos_of_what_waits_stay(ama):
    aged(submitted(ama.user), 400)
    assert forget_accepted_files(clock.now()) + forget_other_files(clock.now()) == 0


def test_a_reviewer_is_told_that_the_photos_are_gone(ama, identity_checker):
    check = refused(submitted(ama.user), identity_checker.user)
    token = sign_look(check=check, reader=identity_checker.user)
    aged(check, 91)
    forget_other_files(clock.now())
    check.refresh_from_db()
    assert sides_of(check) == []
    for look in (
        lambda: open_document(token=token, reader=identity_checker.user),
        lambda: blurred_document(check),
    ):
        with pytest.raises(NotFound):
            look()
    page = identity_checker.get(f"/admin/accounts/identitycheck/{check.pk}/change/")
    assert "ont été supprimées" in page.content.decode()


def test_a_crash_between_file_and_row_is_mended_by_the_next_run(
    ama, identity_checker, monkeypatch
):
    check = refused(submitted(ama.user), identity_checker.user)
    aged(check, 91)

    def crash(*_args, **_values):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(identity_retention, "record", crash)
        with pytest.raises(RuntimeError):
            forget_other_files(clock.now())
    check.refresh_from_db()
    assert check.files_deleted_at is None
    assert files_of(check).count() == 1
    assert forget_other_files(clock.now()) == 1
    assert files_of(check).count() == 0
    assert AuditEvent.objects.filter(action="identity.files_deleted").count() == 1


def test_the_rule_stands_in_the_table_of_retention():
    rules = {rule.name: rule.kept.days for rule in retentions()}
    assert rules["accounts.identity_files"] == 30
    assert rules["accounts.refused_identity_files"] == 90
