"""Numbers and who holds them: a newcomer, a SIM that answered, a notice that went by."""

from __future__ import annotations

from datetime import datetime

from accounts.models import NOTICE_STATES, Phone, RoleGrant, SignInNotice, User
from accounts.services.moderation.barring import look_at_newcomer
from lokahome.core.audit.record import record


def mark_verified(
    phone: Phone, now: datetime, *, is_held_anew: bool = False, lets_in: bool = False
) -> None:
    """Note that a locked person answered from *phone*; a lost SIM is found by it.

    *lets_in*: it let an unknown device in, and payouts wait once more.
    """
    phone.verified_at = now
    if lets_in:
        phone.let_in_at = now
    if is_held_anew or phone.lost_at is not None:
        phone.held_since = now
    phone.lost_at = None
    phone.save(update_fields={"verified_at", "held_since", "let_in_at", "lost_at"})


def join(number: str, language: str, now: datetime) -> User:
    """Make the person who holds *number*; the number's advisory lock is held.

    A number that somebody had who is restricted, or was banned and erased, is no reason
    to refuse: publishes CaseOpened then, and somebody looks.
    """
    person = User.objects.create_person(language=language)
    Phone(user=person, number=number, verified_at=now, held_since=now).save()
    RoleGrant(user=person, role=RoleGrant.Role.TENANT).save()
    record("person.joined", subject=f"user:{person.pk}", actor_id=person.pk)
    look_at_newcomer(person_id=person.pk, number=number, now=now)
    return person


def use_notice(phone: Phone, digest: str, now: datetime) -> bool:
    """Use a notice that went by uncontested, and say whether there was one."""
    notice = (
        SignInNotice.objects.waiting()
        .select_for_update(no_key=True, of=("self",))
        .filter(phone=phone, device_digest=digest, opens_at__lte=now, closes_at__gt=now)
        .first()
    )
    if notice is None:
        return False
    notice.closed_at = now
    NOTICE_STATES.apply(
        notice,
        "use",
        who="system",
        actor_id=None,
        now=now,
        update_fields=("closed_at",),
    )
    record(
        "sign_in.notice_used",
        subject=f"user:{phone.user_id}",
        actor_id=None,
        details={"notice_id": str(notice.pk)},
    )
    return True
