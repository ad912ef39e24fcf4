"""Who has a part in a matter decides nothing about it; a case has one taker."""

import pytest
from django.db import transaction

from accounts.models import Case
from accounts.services.moderation import parties
from accounts.services.moderation.cases import (
    CaseClaimed,
    CaseNotOpen,
    assign_case,
    claim_case,
    decide_case,
    open_case,
    release_case,
)
from accounts.services.moderation.parties import (
    NOBODY,
    ConflictOfInterest,
    Parties,
    parties_of,
    register_parties,
)
from accounts.tests.sanctioned import appeal, ban, impose, leads
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotAllowed
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_staff
from lokahome.tests.threads import race


def opened(subject=None, queue="reports"):
    return open_case(
        kind="note_report",
        queue=queue,
        subject=subject or f"note:{uuid7()}",
        title="Note signalée",
        evidence={},
        now=clock.now(),
    )


def decided(case, actor):
    return decide_case(
        case_id=case.pk, decision="hide", reason="Vu", actor=actor, now=clock.now()
    )


def claimed(case, actor):
    return claim_case(case_id=case.pk, actor=actor, now=clock.now())


@pytest.mark.parametrize("part", ["authors", "others"])
@pytest.mark.parametrize("deed", [decided, claimed])
def test_nobody_judges_a_matter_of_their_own(moderator, monkeypatch, part, deed):
    mine = Parties(**{part: frozenset({moderator.id})})
    monkeypatch.setitem(parties.PARTIES, "note", lambda _pk: mine)
    case = opened()
    with pytest.raises(ConflictOfInterest):
        deed(case, moderator.user)
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == (Case.Status.OPEN, None)


def test_a_matter_that_no_app_knows_concerns_nobody(moderator):
    assert parties_of("note:1") == parties_of("nothing") == NOBODY
    assert decided(opened("note:not-an-id"), moderator.user).status == "decided"


def test_two_apps_do_not_say_it_of_one_noun(monkeypatch):
    monkeypatch.setattr(parties, "PARTIES", dict(parties.PARTIES))
    with pytest.raises(TypeError):
        register_parties("listing", lambda _pk: NOBODY)


def test_sanctions_and_appeals_concern_their_deciders_too(ama, moderator):
    first, second = leads()
    heavy = ban(ama.user, first, second)
    row = appeal(ama.user, heavy)
    for subject in (f"sanction:{heavy.pk}", f"appeal:{row.pk}"):
        found = parties_of(subject)
        assert found.authors == {ama.id}
        assert found.others == {first.pk, second.pk}
    assert parties_of(f"user:{ama.id}").authors == {ama.id}
    assert parties_of(f"sanction:{uuid7()}") == NOBODY


@pytest.mark.parametrize(
    "noun",
    [
        "listing",
        "application",
        "lease",
        "ticket",
        "provider",
        "review",
        "service_request",
        "job",
        "message",
        "conversation",
        "charge",
        "transfer",
        "payout",
        "refund",
        "identitycheck",
    ],
)
def test_every_matter_of_a_case_says_whom_it_concerns(db, noun):
    assert noun in parties.PARTIES
    assert parties_of(f"{noun}:{uuid7()}") == NOBODY


def test_the_author_of_a_listing_is_its_landlord(kossi):
    from properties.tests import factories as make

    row = make.listing(kossi.user)
    assert parties_of(f"listing:{row.pk}").authors == {kossi.id}


def test_a_case_is_taken_given_back_and_given_on(moderator):
    colleague = make_staff("colleague", "moderator").user
    [lead] = leads(1)
    case = opened()
    claim_case(case_id=case.pk, actor=moderator.user, now=clock.now())
    claim_case(case_id=case.pk, actor=moderator.user, now=clock.now())
    for deed in (
        lambda: claim_case(case_id=case.pk, actor=colleague, now=clock.now()),
        lambda: decided(case, colleague),
    ):
        with pytest.raises(CaseClaimed):
            deed()
    with pytest.raises(NotAllowed):
        release_case(case_id=case.pk, actor=colleague, now=clock.now())
    with pytest.raises(NotAllowed):
        assign_case(
            case_id=case.pk, to=colleague, actor=moderator.user, now=clock.now()
        )
    assign_case(case_id=case.pk, to=colleague, actor=lead, now=clock.now())
    release_case(case_id=case.pk, actor=colleague, now=clock.now())
    case.refresh_from_db()
    assert (case.claimed_by, case.claimed_at) == (None, None)
    deeds = AuditEvent.objects.filter(subject=f"case:{case.pk}").order_by("id")
    assert list(deeds.values_list("action", flat=True)) == [
        "case.claimed",
        "case.assigned",
        "case.released",
    ]


def test_a_case_is_taken_by_who_may_decide_it(finance, moderator):
    case = opened()
    with pytest.raises(NotAllowed):
        claim_case(case_id=case.pk, actor=finance.user, now=clock.now())
    decided(case, moderator.user)
    with pytest.raises(CaseNotOpen):
        claim_case(case_id=case.pk, actor=moderator.user, now=clock.now())


def test_the_platform_decides_whoever_has_taken_it(moderator):
    case = opened()
    claim_case(case_id=case.pk, actor=moderator.user, now=clock.now())
    assert decided(case, None).status == Case.Status.DECIDED


def test_two_takers_at_once_one_has_it(committed, moderator):
    people = [moderator.user, make_staff("colleague", "moderator").user]
    case = opened()
    results = race(
        2,
        lambda index: claim_case(case_id=case.pk, actor=people[index], now=clock.now()),
    )
    assert sum(isinstance(item, CaseClaimed) for item in results) == 1


def test_without_the_lock_both_think_they_have_it(committed, moderator):
    """The control: both read a free case."""
    from accounts.services.moderation.cases import _give

    people = [moderator.user, make_staff("colleague", "moderator").user]
    case = opened()
    seen = [Case.objects.get(pk=case.pk) for _ in people]

    def unlocked(index):
        with transaction.atomic():
            return _give(seen[index], people[index], people[index], clock.now())

    results = race(2, unlocked)
    assert {row.claimed_by for row in results} == set(people)


def test_a_suspension_over_no_report_takes_two_whatever_its_length(ama, moderator):
    assert impose(ama.user, moderator.user, days=1, case_id=None).starts_at is None
