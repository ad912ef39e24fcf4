"""One lead alone neither binds the other leads by a declaration, nor undoes one."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.models import StaffLink, User
from accounts.queries.staff import humans_of, is_same_human
from accounts.services.staff.links import (
    AnotherConfirms,
    confirm_link,
    declare_link,
    end_link,
)
from accounts.services.staff.members import approve_staff_change, change_staff
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import InvalidInput, NotAllowed
from lokahome.core.events.models import OutboxEvent
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_staff("lead", "lead")


@pytest.fixture
def second():
    return make_staff("second", "lead")


@pytest.fixture
def third():
    return make_staff("third", "lead")


def confirmed(staff, person, by):
    link = declare(staff, person)
    return confirm_link(link_id=link.pk, actor=by.user, now=clock.now())


def end(link, actor, reason="Un homonyme."):
    return end_link(
        link_id=link.pk,
        reason=reason,
        actor=actor.user if actor else None,
        now=clock.now(),
    )


def ends(link):
    """Return what a refusal to end *link* leaves as it is."""
    link.refresh_from_db()
    deeds = AuditEvent.objects.filter(action__startswith="staff.link").count()
    return link.status, link.version, link.end_asked_by_id, deeds


def told():
    rows = OutboxEvent.objects.filter(name="accounts.staff_changed")
    return rows.filter(payload__measure="link").count()


def declare(staff, person, actor=None):
    return declare_link(
        staff_id=staff.id,
        person_id=person.id if person else None,
        actor=actor.user if actor else None,
        now=clock.now(),
        reason="Dit de vive voix." if actor else "",
    )


def test_what_two_confirmed_two_end(ama, moderator, lead, second, third):
    link = confirmed(moderator, ama, lead)
    was = ends(link)
    with pytest.raises(InvalidInput):
        end(link, second, " ")
    for actor in (moderator, ama):
        with pytest.raises(NotAllowed):
            end(link, actor)
    assert ends(link) == was
    assert end(link, second).status == "confirmed"
    asked = ends(link)
    assert asked[2] == second.id
    assert ama.id in humans_of(moderator.id), "it counts until another agrees"
    with pytest.raises(AnotherConfirms):
        end(link, second)
    assert ends(link) == asked
    before = told()
    assert end(link, third).status == "ended"
    assert told() == before + 1
    assert humans_of(moderator.id) == {moderator.id}
    deed = AuditEvent.objects.get(action="staff.link_ended")
    assert (deed.actor_id, deed.reason) == (third.id, "Un homonyme.")
    for again in (lambda: end(link, lead), lambda: confirm(link, lead)):
        with pytest.raises(TransitionRefused):
            again()
    assert declare(moderator, ama).pk != link.pk, "declared anew, it is a new row"


def confirm(link, actor):
    return confirm_link(link_id=link.pk, actor=actor.user, now=clock.now())


def test_one_human_with_two_hats_is_not_the_two_who_end(
    ama, kossi, moderator, lead, second, third
):
    link = confirmed(moderator, ama, lead)
    for hat in (second, third):
        confirmed(hat, kossi, lead)
    end(link, second)
    was = ends(link)
    with pytest.raises(AnotherConfirms):
        end(link, third)
    assert ends(link) == was


def test_an_end_that_nobody_agreed_to_is_asked_for_again(
    ama, moderator, lead, second, third
):
    link = confirmed(moderator, ama, lead)
    end(link, second)
    StaffLink.objects.filter(pk=link.pk).update(
        end_asked_at=clock.now() - timedelta(days=31)
    )
    assert end(link, third).status == "confirmed"
    assert ends(link)[2] == third.id


def test_the_table_itself_wants_two_for_the_end(ama, moderator, lead, second):
    link = confirmed(moderator, ama, lead)
    for values in (
        {"ended_by": second.user},
        {
            "ended_by": second.user,
            "end_asked_by": second.user,
            "end_asked_at": clock.now(),
        },
        {"end_asked_by": second.user},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            StaffLink.objects.filter(pk=link.pk).update(
                status="ended", ended_at=clock.now(), **values
            )
    link.refresh_from_db()
    assert link.status == "confirmed"


def test_unconfirmed_it_ends_by_any_lead_but_who_declared_it(
    ama, moderator, lead, second
):
    link = declare(moderator, ama, lead)
    was = ends(link)
    with pytest.raises(AnotherConfirms):
        end(link, lead)
    with pytest.raises(InvalidInput):
        end(link, second, "")
    assert ends(link) == was
    assert end(link, second).status == "ended"
    assert humans_of(moderator.id) == {moderator.id}


def test_one_lead_does_not_make_all_the_others_one_human(
    ama, lead, second, third, finance, checker
):
    """The attack: one phone's account for everybody, and nobody could undo it."""
    for one in (second, third, finance, checker, lead):
        declare(one, ama, lead)
    for one in (second, third, finance, checker, lead):
        assert humans_of(one.id) == {one.id, ama.id}, "of that account, all the same"
    assert not is_same_human(finance.id, checker.id)
    for link in StaffLink.objects.living().exclude(staff=second.user):
        assert end(link, second).status == "ended"
    mine = StaffLink.objects.living().get()
    was = ends(mine)
    with pytest.raises(NotAllowed):
        end(mine, second)
    assert ends(mine) == was
    end(mine, third)
    assert not StaffLink.objects.living().exists()


def test_nor_by_naming_the_account_of_another_colleague(ama, lead, second, third):
    confirmed(lead, ama, third)
    declare(second, ama, lead)  # his own, as somebody else's
    declare(third, lead, lead)  # himself
    for one in (second, third):
        assert not is_same_human(one.id, lead.id)
        assert not is_same_human(lead.id, one.id)
    closed = change_staff(
        person_id=lead.id,
        kind="close",
        reason="Quitte la maison.",
        actor=second.user,
        now=clock.now(),
    )
    approve_staff_change(change_id=closed.change.pk, actor=third.user, now=clock.now())
    assert not User.objects.get(pk=lead.id).is_active


def test_a_second_lead_makes_it_count(ama, lead, second, third, finance, checker):
    for one in (finance, checker):
        link = declare(one, ama, lead)
        assert not is_same_human(finance.id, checker.id)
        confirm(link, second)
    assert is_same_human(finance.id, checker.id)
    assert humans_of(ama.id) == {ama.id, finance.id, checker.id}


def test_a_private_account_is_of_each_who_is_said_to_have_it(
    ama, kossi, moderator, checker
):
    declare(moderator, ama)
    declare(checker, ama)
    declare(checker, kossi)
    assert humans_of(moderator.id) == {moderator.id, ama.id}
    assert humans_of(checker.id) == {checker.id, ama.id, kossi.id}
    assert humans_of(ama.id) == {ama.id, moderator.id, checker.id, kossi.id}


def test_a_lead_says_why_and_the_leads_are_told(ama, moderator, lead, second):
    with pytest.raises(InvalidInput):
        declare_link(
            staff_id=moderator.id,
            person_id=ama.id,
            actor=lead.user,
            now=clock.now(),
            reason="  ",
        )
    assert (StaffLink.objects.exists(), told()) == (False, 0)
    link = declare(moderator, ama, lead)
    deed = AuditEvent.objects.get(action="staff.link_declared")
    assert (deed.actor_id, deed.reason) == (lead.id, "Dit de vive voix.")
    assert told() == 1
    confirm(link, second)
    end(link, second)
    assert told() == 3
    event = OutboxEvent.objects.filter(name="accounts.staff_changed").last()
    assert str(ama.id) not in str(event.payload)


def test_the_operator_of_the_machine_ends_a_link(ama, kossi, moderator, lead):
    link, other = confirmed(moderator, ama, lead), declare(moderator, kossi)
    for wrong in (
        ("moderator", "--reason", "Un homonyme."),
        ("moderator", "--reason", " ", "--link", str(link.pk)),
        ("nobody", "--reason", "Un homonyme."),
        ("lead", "--reason", "Un homonyme.", "--link", str(link.pk)),
    ):
        was = ends(link)
        with pytest.raises(CommandError):
            call_command("end_staff_link", *wrong)
        assert ends(link) == was
    args = ("moderator", "--reason", "Un homonyme.")
    call_command("end_staff_link", *args, "--link", str(link.pk), stdout=StringIO())
    call_command("end_staff_link", *args, stdout=StringIO())
    assert {ends(link)[0], ends(other)[0]} == {"ended"}
    for deed in AuditEvent.objects.filter(action="staff.link_ended"):
        assert (deed.actor_id, deed.reason) == (None, "Un homonyme.")
