"""A colleague's private account is theirs in every matter, and no other is."""

from __future__ import annotations

import pytest

from accounts.services.agencies.agencies import activate_agency
from accounts.services.identity.files import sign_look
from accounts.services.moderation.sanctions import impose_sanction
from accounts.services.privacy.erasure import refuse_erasure, request_erasure
from accounts.services.staff.links import declare_link
from accounts.tests.agencies import active_agency_of, agency_of
from accounts.tests.services.test_identity_checks import submitted
from lokahome.core import clock
from lokahome.core.errors import NotAllowed
from lokahome.core.money import Money
from lokahome.tests.people import make_staff
from marketplace.services.disputes import decide_dispute, dispute_job
from marketplace.services.reviews import withhold_review
from marketplace.services.suspensions import suspend_provider
from marketplace.tests import factories as works
from properties.services.mandate_ends import end_mandate_by_staff
from properties.services.mandate_proofs import sign_proof_look
from properties.services.moderation import publish_listing
from properties.tests import factories as homes
from properties.tests.mandates import mandate

pytestmark = pytest.mark.django_db


def identity(ama, kossi, afi):
    check = submitted(ama.user)
    return ama, "identity_checker", lambda actor: sign_look(check=check, reader=actor)


def sanction(ama, kossi, afi):
    values = {"kind": "warn", "reason": "false", "words": "Vu.", "notice": "Vu."}
    return (
        ama,
        "moderator",
        lambda actor: impose_sanction(
            person_id=ama.id, days=None, actor=actor, now=clock.now(), **values
        ),
    )


def agency(ama, kossi, afi):
    row = agency_of(ama.user)
    return (
        ama,
        "identity_checker",
        lambda actor: activate_agency(agency_id=row.pk, actor=actor, now=clock.now()),
    )


def _mandate(ama, kossi):
    return mandate(
        kossi.user, homes.unit(kossi.user), active_agency_of(ama.user), ama.user
    )


def mandate_of_the_landlord(ama, kossi, afi):
    row = _mandate(ama, kossi)
    return kossi, "moderator", lambda actor: sign_proof_look(mandate=row, reader=actor)


def mandate_of_the_agency(ama, kossi, afi):
    row = _mandate(ama, kossi)
    return (
        ama,
        "moderator",
        lambda actor: end_mandate_by_staff(
            mandate_id=row.pk, actor=actor, reason="Preuve fausse.", now=clock.now()
        ),
    )


def listing(ama, kossi, afi):
    row = homes.submitted(kossi.user)
    return (
        kossi,
        "moderator",
        lambda actor: publish_listing(
            listing_id=row.pk, actor_id=actor.pk, now=clock.now()
        ),
    )


def provider(ama, kossi, afi):
    row = works.provider(afi.user)
    return (
        afi,
        "moderator",
        lambda actor: suspend_provider(
            provider_id=row.pk, actor_id=actor.pk, reason="Vu.", now=clock.now()
        ),
    )


def review(ama, kossi, afi):
    works.provider(afi.user)
    row = works.review(ama.user, works.closed(ama.user, afi.user), rating=1)
    return (
        afi,
        "moderator",
        lambda actor: withhold_review(
            review_id=row.pk, actor_id=actor.pk, reason="Vu.", now=clock.now()
        ),
    )


def work_dispute(ama, kossi, afi):
    works.provider(afi.user)
    job = works.delivered(ama.user, afi.user)
    dispute_job(job_id=job.pk, person=ama.user, reason="Mal fait.", now=clock.now())
    return (
        afi,
        "moderator",
        lambda actor: decide_dispute(
            job_id=job.pk,
            to_customer=Money(0),
            reason="Vu.",
            actor=actor,
            now=clock.now(),
        ),
    )


def erasure(ama, kossi, afi):
    row = request_erasure(person_id=ama.id, now=clock.now())
    return (
        ama,
        "lead",
        lambda actor: refuse_erasure(
            request_id=row.pk, actor=actor, reason="Vu.", now=clock.now()
        ),
    )


MATTERS = (
    identity,
    sanction,
    agency,
    mandate_of_the_landlord,
    mandate_of_the_agency,
    listing,
    provider,
    review,
    work_dispute,
    erasure,
)


@pytest.mark.parametrize("matter", MATTERS, ids=lambda made: made.__name__)
def test_nobody_decides_about_their_private_account(matter, ama, kossi, afi):
    party, group, decide = matter(ama, kossi, afi)
    colleague, other = make_staff("rita", group), make_staff("rosine", group)
    declare_link(staff_id=colleague.id, person_id=party.id, actor=None, now=clock.now())
    with pytest.raises(NotAllowed):
        decide(colleague.user)
    decide(other.user)  # the control: it was a decision that the group may take
