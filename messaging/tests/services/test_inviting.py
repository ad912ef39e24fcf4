"""Invitations by SMS, to people and to numbers of nobody's."""

from datetime import UTC, datetime

import pytest
import time_machine

from accounts.models import Agency
from accounts.services.agencies.invitations import withdraw_invitation
from accounts.services.agencies.memberships import remove_member
from accounts.tests.agencies import active_agency_of, agency_of, invited, joined
from lokahome.core import clock
from lokahome.core.events.delivering import RetryLater, drain
from messaging.models import CaughtMessage, Notification, OutgoingMessage
from messaging.services.inviting import tell_invitation
from properties.tests import factories as make
from properties.tests.mandates import handled, mandate, proposed

NOBODY = "+2290197550099"


def agency_at_work(founder):
    """Return an agency that may invite, without the message that it may."""
    agency = agency_of(founder)
    Agency.objects.filter(pk=agency.pk).update(status="active")
    return agency


def texts():
    return {item.to: item.text for item in CaughtMessage.objects.all()}


def test_a_number_of_nobodys_gets_one_sms_in_the_inviters_language(ama):
    ama.user.language = "en"
    ama.user.save(update_fields={"language"})
    invitation = invited(agency_at_work(ama.user), ama.user, NOBODY)
    drain()
    assert texts() == {
        NOBODY: "LOKAHOME: Immo Cadjèhoun invites you to join it. Sign in to LOKAHOME "
        "with this number within 7 days to answer."
    }
    tell_invitation(
        invitation_id=invitation.pk,
        agency_id=invitation.agency_id,
        now=clock.now(),
    )
    assert CaughtMessage.objects.count() == OutgoingMessage.objects.count() == 1
    row = OutgoingMessage.objects.get()
    assert (row.person_id, row.invitation_id) == (None, invitation.pk)
    assert not Notification.objects.exists()


def test_whoever_has_an_account_is_told_there_and_in_their_language(ama, kossi):
    invited(agency_at_work(ama.user), ama.user, kossi.user.phone)
    drain()
    (row,) = kossi.get("/api/v1/notifications").json()["data"]
    assert row["title"] == "Invitation d’une agence"
    assert list(texts()) == [kossi.user.phone]
    assert "vous invite à la rejoindre" in texts()[kossi.user.phone]


def test_a_withdrawn_invitation_is_not_told(ama):
    agency = agency_at_work(ama.user)
    invitation = invited(agency, ama.user, NOBODY)
    withdraw_invitation(
        agency_id=agency.pk,
        invitation_id=invitation.pk,
        actor=ama.user,
        now=clock.now(),
    )
    drain()
    assert texts() == {}


def test_a_number_of_nobodys_is_not_rung_at_night(ama, settings):
    settings.QUIET_HOURS = "21:00-07:00"
    invitation = invited(agency_at_work(ama.user), ama.user, NOBODY)
    night = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
    with (
        time_machine.travel(night, tick=False),
        pytest.raises(RetryLater) as wish,
    ):
        tell_invitation(
            invitation_id=invitation.pk, agency_id=invitation.agency_id, now=night
        )
    # 22:30 UTC is 23:30 in Benin: seven and a half hours until 07:00.
    assert wish.value.seconds == 7.5 * 3600 + 1
    assert texts() == {}


def test_facts_of_agencies_and_mandates_reach_their_people(ama, kossi, afi):
    agency = active_agency_of(afi.user)
    member = joined(agency, afi.user, ama.user, "agent")
    unit = make.unit(kossi.user)
    listing = make.published(kossi.user, unit=unit)
    row = mandate(kossi.user, unit, agency, afi.user)
    handled(listing, agency, afi.user)
    make.application(make.tenant(), listing)
    remove_member(
        agency_id=agency.pk,
        membership_id=member.pk,
        actor=afi.user,
        now=clock.now(),
    )
    kossi.post(f"/api/v1/mandates/{row.pk}/end", {"reason": "Vendu."})
    proposed(kossi.user, unit, agency)
    drain()
    drain()

    def heard(person):
        rows = Notification.objects.filter(person=person.user)
        return set(rows.values_list("template", flat=True))

    assert heard(afi) >= {
        "agency_decided",
        "mandate_proposed",
        "application_received",
        "mandate_ended",
    }
    assert heard(kossi) >= {
        "mandate_accepted",
        "mandate_ended",
        "application_received",
    }
    assert "member_removed" in heard(ama)
