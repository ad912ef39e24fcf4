"""Identity checks: sent by one person, looked at and decided by another."""

import hashlib
import io
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
import time_machine
from PIL import Image

from accounts.models import IdentityCheck, RoleGrant
from accounts.models.document_kinds import KINDS, Expiry
from accounts.services.identity import judging
from accounts.services.identity.checks import (
    IdentityCheckWaiting,
    IdentityKnown,
    submit_identity_check,
)
from accounts.services.identity.decisions import (
    accept_identity_check,
    find_identity_unreadable,
    refuse_identity_check,
)
from accounts.services.identity.files import (
    blurred_document,
    open_document,
    sides_of,
    sign_look,
)
from accounts.services.moderation.cases import ReasonMissing
from accounts.services.people.profiles import take_role
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent, StateChange
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.events.models import OutboxEvent
from lokahome.core.files.images import NotAnImage
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import (
    UploadNotWhole,
    announce_upload,
    receive_upload,
)
from lokahome.core.ids import uuid7
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_person, make_staff
from lokahome.tests.threads import race
from properties.tests import factories

NUMBERS = {"cip": "1234567890", "cem": "1234567890", "ifu": "3201900123456"}


PICTURES = count(1)


def sent(owner, content=None, kind="identity"):
    """Return a whole upload of a document, of a picture like no other."""
    content = content or factories.jpeg(colour=f"#{next(PICTURES):06x}")
    announced = announce_upload(
        owner_id=owner.pk,
        kind=kind,
        mime="image/jpeg",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        now=clock.now(),
    )
    return receive_upload(upload=announced, content=content, now=clock.now())


def submitted(person, **values):
    """Hand in a CIP, or what *values* say, with whatever its kind asks for."""
    kind = values.setdefault("document_kind", "cip")
    facts, now = KINDS[kind], values.setdefault("now", clock.now())
    if facts.number:
        values.setdefault("number", NUMBERS.get(kind, "AB123456"))
    if facts.expiry is Expiry.ALWAYS:
        values.setdefault("expires_on", clock.local_day(now + timedelta(days=400)))
    if facts.has_back and "back_upload_id" not in values:
        values["back_upload_id"] = sent(person).pk
    values["upload_id"] = values.get("upload_id") or sent(person).pk
    return submit_identity_check(person=person, **values)


def looked_at(check, actor):
    """Have *actor* open each side of the document, as the page lets them."""
    for side in sides_of(check):
        token = sign_look(check=check, reader=actor, part=side)
        open_document(token=token, reader=actor)


def accepted(check, actor, **values):
    """Accept the document, after a look at each side by whoever may look."""
    with suppress(NotAllowed):
        looked_at(check, actor)
    said = {"reason": "La pièce est lisible.", "now": clock.now(), **values}
    return accept_identity_check(check_id=check.pk, actor=actor, **said)


def refused(check, actor, reason="La pièce n’est plus valable."):
    return refuse_identity_check(
        check_id=check.pk, actor=actor, reason=reason, now=clock.now()
    )


def levels(person):
    grants = RoleGrant.objects.filter(user=person).order_by("role")
    return list(grants.values_list("role", "level"))


def told():
    names = OutboxEvent.objects.filter(name__startswith="accounts.identity")
    return sorted(names.values_list("name", flat=True))


def test_a_document_that_is_handed_in_waits(ama):
    check = submitted(ama.user)
    assert (check.status, check.document_kind) == ("submitted", "cip")
    assert Upload.objects.get().status == Upload.Status.ATTACHED
    row = OutboxEvent.objects.get()
    assert (row.name, row.subject) == (
        "accounts.identity_check_submitted",
        f"identity_check:{check.pk}",
    )


def test_the_same_upload_again_is_the_same_check(ama):
    check = submitted(ama.user)
    assert submitted(ama.user, upload_id=check.upload_id).pk == check.pk
    assert told() == ["accounts.identity_check_submitted"]


@pytest.mark.parametrize("whose", ["others", "unknown", "photo"])
def test_a_file_that_is_no_document_of_ones_own_is_not_found(ama, kossi, whose):
    upload_id = {
        "others": lambda: sent(kossi.user).pk,
        "unknown": uuid7,
        "photo": lambda: sent(ama.user, kind="photo").pk,
    }[whose]()
    with pytest.raises(NotFound):
        submitted(ama.user, upload_id=upload_id)
    assert not IdentityCheck.objects.waiting().exists()
    assert not Upload.objects.filter(status=Upload.Status.ATTACHED).exists()


def test_a_file_that_has_not_come_yet_is_refused(ama):
    announced = announce_upload(
        owner_id=ama.id,
        kind="identity",
        mime="image/jpeg",
        size_bytes=9,
        sha256="0" * 64,
        now=clock.now(),
    )
    with pytest.raises(UploadNotWhole):
        submitted(ama.user, upload_id=announced.pk)
    assert not IdentityCheck.objects.waiting().exists()


def test_what_is_no_picture_is_not_received_nor_handed_in(ama):
    with pytest.raises(NotAnImage):
        sent(ama.user, b"%PDF-1.7 not a picture")
    broken = sent(ama.user, factories.jpeg()[:200])
    with pytest.raises(NotAnImage):
        submitted(ama.user, upload_id=broken.pk)
    assert not IdentityCheck.objects.waiting().exists()
    broken.refresh_from_db()
    assert broken.status == Upload.Status.WHOLE


def test_one_document_waits_at_a_time(ama):
    submitted(ama.user)
    with pytest.raises(IdentityCheckWaiting):
        submitted(ama.user)
    assert IdentityCheck.objects.count() == 1


def test_accepting_raises_every_hat_to_level_1_and_lowers_none(kossi, identity_checker):
    check = accepted(
        submitted(kossi.user, document_kind="passport"), identity_checker.user
    )
    assert (check.status, check.decided_by) == ("accepted", identity_checker.user)
    assert levels(kossi.user) == [("landlord", 2), ("tenant", 1)]
    assert told() == [
        "accounts.identity_check_submitted",
        "accounts.identity_checked",
    ]
    step = StateChange.objects.get(subject=f"identitycheck:{check.pk}")
    assert (step.source, step.target) == ("submitted", "accepted")


def test_a_hat_that_comes_later_begins_at_level_1(ama, identity_checker):
    accepted(submitted(ama.user), identity_checker.user)
    grant, _is_new = take_role(user=ama.user, role="landlord")
    assert grant.level == 1


def test_whose_identity_is_known_hands_in_no_other_document(ama, identity_checker):
    accepted(submitted(ama.user), identity_checker.user)
    with pytest.raises(IdentityKnown):
        submitted(ama.user)


@pytest.mark.parametrize("service", [refuse_identity_check, find_identity_unreadable])
def test_a_document_that_does_not_serve_raises_nothing_and_another_may_come(
    ama, identity_checker, service
):
    first = submitted(ama.user)
    service(
        check_id=first.pk,
        actor=identity_checker.user,
        reason="La photo est floue.",
        now=clock.now(),
    )
    assert levels(ama.user) == [("tenant", 0)]
    assert told()[-1] == "accounts.identity_checked"
    accepted(submitted(ama.user), identity_checker.user)
    assert levels(ama.user) == [("tenant", 1)]


@pytest.mark.parametrize(
    "who", ["finance", "checker", "operator", "moderator", "kossi", "ama"]
)
def test_who_may_not_decide_changes_nothing_and_sees_nothing(request, ama, who):
    check = submitted(ama.user)
    actor = request.getfixturevalue(who).user
    for act in (accepted, refused):
        with pytest.raises(NotAllowed):
            act(check, actor)
    with pytest.raises(NotAllowed):
        sign_look(check=check, reader=actor)
    check.refresh_from_db()
    assert (check.status, check.version) == ("submitted", 1)
    assert levels(ama.user) == [("tenant", 0)]
    assert told() == ["accounts.identity_check_submitted"]


def test_nobody_decides_about_themselves(identity_checker):
    check = submitted(identity_checker.user)
    for act in (accepted, refused):
        with pytest.raises(NotAllowed):
            act(check, identity_checker.user)
    with pytest.raises(NotAllowed):
        sign_look(check=check, reader=identity_checker.user)
    check.refresh_from_db()
    assert check.status == "submitted"


def test_a_refusal_has_a_reason(ama, identity_checker):
    check = submitted(ama.user)
    with pytest.raises(ReasonMissing):
        refused(check, identity_checker.user, reason="  ")
    check.refresh_from_db()
    assert check.status == "submitted"


# --- Looking at the document ---------------------------------------------------------------


def test_each_look_is_on_record_and_shows_pixels_alone(ama, identity_checker):
    check = submitted(ama.user)
    token = sign_look(check=check, reader=identity_checker.user)
    assert not AuditEvent.objects.filter(action="identity.document_viewed").exists()
    for _ in range(2):
        content = open_document(token=token, reader=identity_checker.user)
        picture = Image.open(io.BytesIO(content))
        assert (picture.format, picture.width) == ("JPEG", 640)
        assert b"Kossi Adjovi" not in content
        assert not picture.getexif()
    looks = AuditEvent.objects.filter(action="identity.document_viewed")
    assert {(look.subject, look.actor_id) for look in looks} == {
        (f"identitycheck:{check.pk}", identity_checker.id)
    }
    assert looks.count() == 2


def test_a_link_lives_five_minutes(ama, identity_checker):
    check = submitted(ama.user)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        token = sign_look(check=check, reader=identity_checker.user)
        traveller.shift(timedelta(minutes=4, seconds=59))
        assert open_document(token=token, reader=identity_checker.user)
        traveller.shift(timedelta(seconds=2))
        with pytest.raises(NotFound):
            open_document(token=token, reader=identity_checker.user)
    assert AuditEvent.objects.filter(action="identity.document_viewed").count() == 1


def test_a_link_opens_nothing_for_another_reviewer_nor_when_it_is_altered(
    ama, identity_checker
):
    check = submitted(ama.user)
    token = sign_look(check=check, reader=identity_checker.user)
    colleague = make_staff("colleague", "identity_checker").user
    for bent, reader in (
        (token, colleague),
        (token, ama.user),
        (token + "x", identity_checker.user),
        ("x", identity_checker.user),
    ):
        with pytest.raises(NotFound):
            open_document(token=bent, reader=reader)
    assert not AuditEvent.objects.filter(action="identity.document_viewed").exists()


def test_a_link_opens_nothing_for_who_lost_the_right(ama, identity_checker):
    token = sign_look(check=submitted(ama.user), reader=identity_checker.user)
    identity_checker.user.groups.clear()
    reader = type(identity_checker.user).objects.get(pk=identity_checker.id)
    with pytest.raises(NotAllowed):
        open_document(token=token, reader=reader)
    assert not AuditEvent.objects.filter(action="identity.document_viewed").exists()


def test_the_blur_holds_nothing_that_can_be_read(ama):
    blur = blurred_document(submitted(ama.user))
    assert blur.startswith("data:image/png;base64,")
    assert len(blur) < 4000


# --- Races: threads, real commits ---------------------------------------------------------


@pytest.fixture
def tenant(committed):
    return make_person(name="Ama Dossou", phone="+2290197000001", roles=("tenant",))


def test_two_documents_at_once_are_one_that_waits(tenant):
    uploads = [sent(tenant).pk for _ in range(4)]
    results = race(4, lambda index: submitted(tenant, upload_id=uploads[index]))
    assert sum(isinstance(item, IdentityCheck) for item in results) == 1
    assert sum(isinstance(item, IdentityCheckWaiting) for item in results) == 3
    assert Upload.objects.filter(status=Upload.Status.ATTACHED).count() == 1


def test_two_decisions_at_once_are_one(tenant):
    check = submitted(tenant)
    one, other = (make_staff(f"m{n}", "identity_checker").user for n in range(2))
    results = race(
        2, lambda index: accepted(check, one) if index else refused(check, other)
    )
    assert sum(isinstance(item, TransitionRefused) for item in results) == 1, results
    check.refresh_from_db()
    assert levels(tenant) == [("tenant", int(check.status == "accepted"))]
    assert told().count("accounts.identity_checked") == 1


def test_control_without_the_row_lock_both_decisions_pass(tenant, monkeypatch):
    """The race above is real: both reviewers read the check before either writes."""
    import threading

    both_read = threading.Barrier(2)

    def unlocked(queryset, pk):
        row = queryset.get(pk=pk)
        if isinstance(row, IdentityCheck):
            both_read.wait(30)
        return row

    check = submitted(tenant)
    one, other = (make_staff(f"m{n}", "identity_checker").user for n in range(2))
    monkeypatch.setattr(judging, "locked", unlocked)
    race(2, lambda index: accepted(check, one) if index else refused(check, other))
    assert told().count("accounts.identity_checked") == 2
