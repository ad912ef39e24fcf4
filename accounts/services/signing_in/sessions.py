"""Sessions: opened by a sign-in, ended by their person, by staff, or by a theft.

Whoever ends one ends it at once: every request reads the session's row, and so do the
sockets, every few seconds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, Subquery
from django.db.models.functions import Greatest

from accounts.events import SessionsEnded
from accounts.models import Device, Session, User
from accounts.models.session import device_digest
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.events.outbox import append

LIFETIME = timedelta(days=30)
"""Of a refresh token, and so of a session that nobody uses."""
FORGOTTEN_AFTER = timedelta(days=180)
USED_TO_THE_NEAREST = timedelta(minutes=5)
FORGETTING = frozenset(
    {
        Session.EndReason.EVERYWHERE,
        Session.EndReason.PASSWORD_CHANGED,
        Session.EndReason.CONTESTED,
        Session.EndReason.STAFF,
        Session.EndReason.TAKEN_OVER,
    }
)
"""Ends of all sessions after which other devices are strangers as well."""


@transaction.atomic
def open_session(
    *,
    user: User,
    method: str,
    device_key: UUID | None,
    now: datetime,
    device_name: str = "",
    opened_by: UUID | None = None,
    proved_by: str = "",
) -> Session:
    """Return a new session of *user*, who gave all the proof that was asked.

    The device becomes one that is known to the account (`queries.knows_device`); without
    *device_key* there is none. *opened_by* is the code request that it answers, once;
    *proved_by* the second proof that was given just now. Locks the person.
    """
    person = locked(User.objects.get_queryset().active(), user.pk)
    device = trust_device(person, device_key, now, name=device_name)
    session = Session(
        user=person,
        device=device,
        method=Session.Method(method),
        opened_by=opened_by,
        proved_at=now if proved_by else None,
        proved_by=proved_by,
        started_at=now,
        last_used_at=now,
        expires_at=now + LIFETIME,
    )
    session.save(force_insert=True)
    record(
        "session.opened",
        subject=f"session:{session.pk}",
        actor_id=person.pk,
        details={"method": method, "device_id": str(device.pk) if device else None},
    )
    return session


@transaction.atomic
def end_session(
    *,
    session_id: UUID,
    user_id: UUID,
    reason: str,
    now: datetime,
    actor_id: UUID | None = None,
    words: str = "",
) -> Session:
    """End one session of *user_id* and return it; one that has ended stays as it is.

    *reason* is a `Session.EndReason`; *actor_id* and *words* as in `end_sessions`.
    Raises NotFound for somebody else's. Locks the person, then the session; publishes
    SessionsEnded.
    """
    locked(User.objects.get_queryset(), user_id)
    session = locked(Session.objects.filter(user_id=user_id), session_id)
    if session.ended_at is None:
        _end([session], reason, now, actor_id=actor_id or user_id, words=words)
    return session


@transaction.atomic
def end_sessions(
    *,
    user_id: UUID,
    reason: str,
    now: datetime,
    keep: UUID | None = None,
    asked_in: UUID | None = None,
    actor_id: UUID | None = None,
    words: str = "",
) -> int:
    """End every session of *user_id* but *keep*, and return how many went on until now.

    *actor_id* is who did it, the person themselves unless said otherwise; *words* is the
    reason that staff gave. For a reason of `FORGETTING` no device is known any more but
    that of *keep*, or of *asked_in*, the session that asked and ends too. Locks the
    person, then the sessions: one that is opened at the same moment is opened
    afterwards, or ended. Publishes SessionsEnded.
    """
    person = locked(User.objects.get_queryset(), user_id)
    open_ones = Session.objects.filter(user=person, ended_at=None)
    if keep is not None:
        open_ones = open_ones.exclude(pk=keep)
    ended = list(open_ones.select_for_update(no_key=True).order_by("id"))
    _end(ended, reason, now, actor_id=actor_id or user_id, words=words)
    if Session.EndReason(reason) in FORGETTING:
        _forget_devices(user_id, but_of=keep or asked_in)
    return len(ended)


@transaction.atomic
def end_sessions_since(
    *,
    user_id: UUID,
    since: datetime,
    reason: str,
    now: datetime,
) -> int:
    """End the sessions of *user_id* that began at *since* or later; return how many.

    No device is known any more that became known since. Locks the person, then the
    sessions, then the devices; publishes SessionsEnded when one went on.
    """
    person = locked(User.objects.get_queryset(), user_id)
    born = Session.objects.filter(user=person, ended_at=None, started_at__gte=since)
    ended = list(born.select_for_update(no_key=True).order_by("id"))
    _end(ended, reason, now, actor_id=user_id)
    forget_devices_since(user_id=user_id, since=since)
    return len(ended)


@transaction.atomic
def forget_devices_since(
    *, user_id: UUID, since: datetime, keep: UUID | None = None
) -> int:
    """Know no device any more that became known at *since* or later; return how many.

    That of the session *keep* stays known. Expects the person locked; locks the devices.
    """
    return _forget_devices(user_id, but_of=keep, since=since)


@transaction.atomic
def forget_device(*, device_id: UUID, user_id: UUID, now: datetime) -> Device:
    """Sign out of a device and know it no more; return it.

    Raises NotFound for somebody else's. Locks the person, then the device's sessions,
    then the device, as a refresh does; publishes SessionsEnded when one went on.
    """
    person = locked(User.objects.get_queryset(), user_id)
    open_ones = Session.objects.filter(user=person, device_id=device_id, ended_at=None)
    rows = list(open_ones.select_for_update(no_key=True).order_by("id"))
    device = locked(Device.objects.filter(user=person), device_id)
    device.trusted_at = None
    device.save(update_fields={"trusted_at"})
    record(
        "device.forgotten", subject=f"device:{device.pk}", actor_id=user_id, details={}
    )
    _end(rows, Session.EndReason.DEVICE_FORGOTTEN, now, actor_id=user_id)
    return device


def note_use(session: Session, *, now: datetime) -> None:
    """Remember that *session* is used, at most once in five minutes.

    Without a lock: two requests at once write the same moment twice.
    """
    if now - session.last_used_at >= USED_TO_THE_NEAREST:
        session.last_used_at = now
        Session.objects.filter(pk=session.pk).update(last_used_at=now)


@transaction.atomic
def forget_past_sessions(*, now: datetime) -> int:
    """Delete sessions, with their tokens, 180 days after they ended or expired.

    Their people keep when the last of those was used, or somebody away for half a year
    would pass for silent since ever. Returns how many; devices stay while their person
    has an account. Locks the people.
    """
    past = now - FORGOTTEN_AFTER
    gone = Session.objects.filter(Q(expires_at__lt=past) | Q(ended_at__lt=past))
    people = User.objects.filter(pk__in=gone.values("user_id"))
    list(people.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    of_person = gone.filter(user_id=OuterRef("pk")).order_by().values("user_id")
    last = of_person.annotate(last=Max("last_used_at")).values("last")
    people.update(used_at=Greatest("used_at", Subquery(last)))
    _all, by_table = gone.delete()
    return by_table.get(Session._meta.label, 0)


def trust_device(
    person: User, device_key: UUID | None, now: datetime, *, name: str = ""
) -> Device | None:
    """Let a device be known to a locked *person*, who gave there all the proof asked."""
    if device_key is None:
        return None
    device = _device(person, device_digest(device_key), now)
    device.name = name or device.name
    device.last_seen_at = max(now, device.last_seen_at)
    device.trusted_at = device.trusted_at or now
    device.save()
    return device


def adopt_device(session: Session, device_key: UUID, now: datetime) -> None:
    """Let a locked *session* that had no device be of this one; its person is locked.

    Nobody proved anything on it: it is not known by that.
    """
    device = _device(session.user, device_digest(device_key), now)
    device.last_seen_at = max(now, device.last_seen_at)
    device.save()
    session.device = device
    session.save(update_fields={"device"})


def _forget_devices(
    user_id: UUID, *, but_of: UUID | None, since: datetime | None = None
) -> int:
    whose = {"pk": but_of or UUID(int=0), "user_id": user_id}
    kept = Session.objects.filter(**whose).values("device_id")
    others = Device.objects.filter(user_id=user_id, trusted_at__isnull=False)
    # Not `exclude`: of a session without a device nothing would be forgotten.
    stay = kept.filter(device_id=OuterRef("pk"))
    if since is not None:
        others = others.filter(trusted_at__gte=since)
    rows = list(
        others.filter(~Exists(stay)).select_for_update(no_key=True).order_by("id")
    )
    for device in rows:
        device.trusted_at = None
        device.save(update_fields={"trusted_at"})
        record(
            "device.forgotten",
            subject=f"device:{device.pk}",
            actor_id=user_id,
            details={},
        )
    return len(rows)


def _device(person: User, digest: str, now: datetime) -> Device:
    known = Device.objects.filter(user=person, key_digest=digest).first()
    return known or Device(
        user=person, key_digest=digest, first_seen_at=now, last_seen_at=now
    )


def _end(
    sessions: list[Session],
    reason: str,
    now: datetime,
    *,
    actor_id: UUID,
    words: str = "",
) -> None:
    if not sessions:
        return
    why = Session.EndReason(reason)
    for session in sessions:
        session.ended_at = max(now, session.started_at)
        session.end_reason = why
        session.save(update_fields={"ended_at", "end_reason"})
        record(
            "session.ended",
            subject=f"session:{session.pk}",
            actor_id=actor_id,
            reason=words,
            details={"reason": why.value},
        )
    append(SessionsEnded(user_id=sessions[0].user_id))
