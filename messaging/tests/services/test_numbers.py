"""Numbers that come, go and are lost: whom it concerns hears of it, where they can."""

import re

import pytest

from accounts.models import CodeRequest, CodeSpending, Phone
from accounts.models.limits import SETTLES_AFTER
from accounts.queries.signing_in import contest_link
from accounts.services.people.email_addresses import (
    claim_email,
    mint_email_code,
    verify_email,
)
from accounts.services.people.losses import report_loss
from accounts.services.people.phones import (
    add_phone,
    ask_for_phone,
    remove_phone,
)
from accounts.services.signing_in.challenges import give_notice, leave_account
from accounts.services.signing_in.codes import request_letter
from accounts.services.signing_in.sessions import open_session
from accounts.tests.sign_ins import DEVICE, answer, give_email, put_at_stake
from lokahome.core import clock
from lokahome.core.events.delivering import drain
from lokahome.core.ids import uuid7
from lokahome.tests.people import proved_now
from messaging.models import CaughtMessage, Notification, OutgoingMessage
from messaging.services.notify import notify
from messaging.services.preferences import change_wishes
from messaging.services.ringing import SECURITY_A_DAY

OLD, NEW = "+2290197000001", "+2290196000022"


@pytest.fixture
def session(ama):
    """Return a session of Ama, who reads her mail."""
    give_email(ama.user)
    now = clock.now()
    return proved_now(
        open_session(user=ama.user, method="code", device_key=None, now=now)
    )


def texts(to):
    return [row.text for row in CaughtMessage.objects.filter(to=to).order_by("id")]


def added(session):
    now = clock.now()
    claim = ask_for_phone(session=session, number=NEW, client_ip="x", now=now)
    drain()
    (code,) = re.findall(r"\b[0-9]{6}\b", texts(NEW)[-1])
    phone = add_phone(
        session=session, request_id=claim.pk, code=code, client_ip="x", now=now
    )
    drain()
    return phone


def settled():
    ago = clock.now() - SETTLES_AFTER
    Phone.objects.filter(number=NEW).update(held_since=ago)


def fact(template, ama, **ids):
    """Tell Ama one more fact of *template*, and let it leave."""
    notify(
        fact=f"{template}:{uuid7()}",
        person_id=ama.id,
        template=template,
        context_ids=ids,
        now=clock.now(),
    )


def challenge(phone=OLD):
    return answer(phone, device_key=DEVICE).challenge


def test_the_old_number_hears_of_the_new_one_and_the_new_one_does_not(
    committed, session, mailoutbox
):
    added(session)
    assert "par 22 a été ajouté" in texts(OLD)[-1]
    assert "Ce n'est pas moi" in texts(OLD)[-1], "closing sessions would not help"
    assert all("ajouté" not in text for text in texts(NEW))
    assert "Nouveau numéro" in mailoutbox[-1].subject


def test_a_number_that_goes_hears_of_it_itself(committed, session, mailoutbox):
    added(session)
    settled()
    old = Phone.objects.get(number=OLD)
    remove_phone(session=session, phone_id=old.pk, now=clock.now())
    drain()
    for number in (OLD, NEW):
        assert "par 01 a été retiré" in texts(number)[-1]
    assert "retiré" in mailoutbox[-1].subject


def test_a_lost_number_hears_of_it_and_of_nothing_else_afterwards(
    committed, session, ama
):
    old = Phone.objects.get(number=OLD)
    report_loss(session=session, phone_id=old.pk, now=clock.now())
    drain()
    assert "déclaré perdu" in texts(OLD)[-1]
    assert Notification.objects.filter(person=ama.user).count() == 1


def test_whoever_asks_for_the_account_is_announced_everywhere_but_on_the_sim(
    committed, session, ama, mailoutbox
):
    put_at_stake(ama.user)
    row = challenge()
    notice = give_notice(challenge_id=row.pk, device_key=DEVICE, now=clock.now())
    drain()
    assert all("accès à votre compte" not in text for text in texts(OLD))
    assert not OutgoingMessage.objects.filter(
        template="sign_in_notice", channel="sms"
    ).exists()
    assert contest_link(notice.pk) in mailoutbox[-1].body
    assert Notification.objects.get(template="sign_in_notice").person == ama.user


def test_another_number_of_the_account_is_rung(committed, session, ama):
    added(session)
    settled()
    put_at_stake(ama.user)
    row = challenge()
    give_notice(challenge_id=row.pk, device_key=DEVICE, now=clock.now())
    drain()
    assert "par 01 et demande l'accès" in texts(NEW)[-1]


def test_news_of_the_account_rings_at_every_number(committed, session, ama):
    # A thief's number was the only one that heard of the password they changed.
    added(session)
    fact("password_changed", ama)
    for number in (OLD, NEW):
        assert "mot de passe" in texts(number)[-1]


def test_a_changed_address_is_told_to_the_one_before(
    committed, session, ama, mailoutbox
):
    former = ama.user.emails.get()
    claim = claim_email(session=session, address="new@example.org", now=clock.now())
    code = mint_email_code(email_id=claim.pk, now=clock.now())
    verify_email(session=session, email_id=claim.pk, code=code, now=clock.now())
    drain()
    letters = [mail for mail in mailoutbox if "courriel a changé" in mail.subject]
    assert [mail.to for mail in letters] == [[former.address]]
    assert "courriel de votre compte a changé" in texts(OLD)[-1]


def test_a_loop_of_one_fact_ends_and_drowns_no_other(committed, session, ama):
    before = spent()
    for _ in range(SECURITY_A_DAY + 2):
        fact("erasure_moved", ama, status="cancelled", erasure_id=uuid7())
    told = OutgoingMessage.objects.filter(template="erasure_moved")
    assert told.filter(channel="sms").count() == SECURITY_A_DAY
    assert told.filter(channel="email").count() == SECURITY_A_DAY + 2
    fact("password_changed", ama)
    assert "mot de passe" in texts(OLD)[-1]
    assert spent() - before == SECURITY_A_DAY + 1, "it counts into the day's money"


def spent():
    rows = CodeSpending.objects.filter(prefix="229")
    return sum(rows.values_list("sent", flat=True))


def test_no_preference_holds_a_security_notice_back(committed, session, ama):
    change_wishes(person_id=ama.id, changes={"account": {"sms": False, "email": False}})
    added(session)
    assert "par 22 a été ajouté" in texts(OLD)[-1]


def test_who_lost_the_number_to_a_newcomer_reads_it_in_the_letter(
    committed, session, ama, mailoutbox
):
    put_at_stake(ama.user)
    row = challenge()
    leave_account(challenge_id=row.pk, device_key=DEVICE, now=clock.now())
    drain()
    assert "a quitté votre compte" in mailoutbox[-1].subject
    assert all("quitté" not in text for text in texts(OLD))


def test_a_code_by_letter_leaves_as_a_letter(committed, session, ama, mailoutbox):
    email = ama.user.emails.get()
    request = request_letter(
        email=email,
        purpose=CodeRequest.Purpose.PROOF,
        bound_id=session.pk,
        client_ip="x",
        now=clock.now(),
    )
    drain()
    letter = mailoutbox[-1]
    assert letter.to == ["ama@example.org"]
    message = OutgoingMessage.objects.get(code_request_id=request.pk)
    assert (message.channel, message.status) == ("email", "sent")
    assert texts(OLD) == []
