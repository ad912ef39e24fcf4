"""Second factors of the staff: TOTP, passkeys, and codes for the day a phone is lost.

allauth keeps them (`Authenticator`); what it leaves to a cache, we decide under the
row's lock: no code opens twice, also while Redis is away.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt, encrypt
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotAllowed, StateConflict
from lokahome.core.limits import take

KIND = Authenticator.Type
PERIOD_SECONDS = 30
DRIFT = 1
"""Periods that a phone's clock may be off, each way."""
TRIES = 10
WINDOW = timedelta(minutes=15)
FULL = (KIND.TOTP, KIND.WEBAUTHN)
"""Recovery codes alone are no factor: they stand in for one of these."""


class FactorRefused(NotAllowed):
    """The code is not the one, or has opened once already."""

    title = gettext_lazy("Ce code n’est pas valable")

    def default_detail(self) -> str:
        return _("Attendez le prochain code de l’application, puis réessayez.")


@dataclass(frozen=True, slots=True)
class Proof:
    """Which factor was shown: its row's key, and its kind."""

    factor: int
    kind: str


def take_factor_limit(*, person_id: UUID, now: datetime) -> None:
    """Count one try; raises RateLimited. Call it outside a transaction."""
    take("staff.factor", str(person_id), limit=TRIES, window=WINDOW, now=now)


def factor_kinds(person_id: UUID) -> frozenset[str]:
    """Return the kinds of factors that the person has."""
    rows = Authenticator.objects.filter(user_id=person_id)
    return frozenset(rows.values_list("type", flat=True))


def is_enrolled(person_id: UUID) -> bool:
    """Say whether the person has a factor to be asked for."""
    return bool(factor_kinds(person_id) & set(FULL))


def still_holds(*, person_id: UUID, factor: int) -> bool:
    """Say whether the factor that opened a session is still the person's."""
    held: bool = Authenticator.objects.filter(pk=factor, user_id=person_id).exists()
    return held


def code_at(seed: str, counter: int) -> str:
    """Return the six digits of *seed* (base 32) in the period *counter* (RFC 6238)."""
    return str(format_hotp_value(hotp_value(seed, counter)))


def period_of(now: datetime) -> int:
    """Return the number of the 30-second period that *now* lies in."""
    return int(now.timestamp()) // PERIOD_SECONDS


def matching_period(seed: str, code: str, *, now: datetime) -> int | None:
    """Return the period, at most DRIFT from *now*, whose code is *code*, or None."""
    given = "".join(code.split())
    here = period_of(now)
    for period in range(here - DRIFT, here + DRIFT + 1):
        if hmac.compare_digest(code_at(seed, period).encode(), given.encode()):
            return period
    return None


@transaction.atomic
def enrol_totp(
    *, person_id: UUID, seed: str, code: str, now: datetime, replace: bool = False
) -> Proof:
    """Keep *seed* (base 32) as the person's, once *code* shows that they hold it.

    Only with *replace* for who has a factor: a password alone must not bring in a
    second one. Raises FactorRefused, StateConflict. Locks the person.
    """
    person = locked(User.objects.get_queryset().active(), person_id)
    if not replace and is_enrolled(person_id):
        raise StateConflict
    period = matching_period(seed, code, now=now)
    if period is None:
        raise FactorRefused
    Authenticator.objects.filter(user=person, type=KIND.TOTP).delete()
    row = TOTP.activate(person, seed).instance
    row.data["used"] = period
    row.save()
    _note(person, "staff.factor_added", kind=KIND.TOTP)
    return Proof(row.pk, KIND.TOTP.value)


@transaction.atomic
def add_passkey(
    *, person_id: UUID, name: str, credential: dict[str, Any], count: int, now: datetime
) -> Proof:
    """Keep a *credential* whose registration the door has verified. Locks the person."""
    person = locked(User.objects.get_queryset().active(), person_id)
    row = Authenticator.objects.create(
        user=person,
        type=KIND.WEBAUTHN,
        data={"name": name[:60], "credential": credential, "count": count},
        created_at=now,
    )
    _note(person, "staff.factor_added", kind=KIND.WEBAUTHN)
    return Proof(row.pk, KIND.WEBAUTHN.value)


@transaction.atomic
def prove_by_code(*, person_id: UUID, code: str, now: datetime) -> Proof:
    """Accept a TOTP or a recovery code, once; raises FactorRefused.

    Locks the factor. Count the try first (`take_factor_limit`).
    """
    rows = Authenticator.objects.select_for_update().filter(user_id=person_id)
    by_kind = {row.type: row for row in rows.exclude(type=KIND.WEBAUTHN)}
    totp, recovery = by_kind.get(KIND.TOTP), by_kind.get(KIND.RECOVERY_CODES)
    if totp is not None and _opens(totp, code, now):
        return Proof(totp.pk, KIND.TOTP.value)
    given = "".join(code.split()).replace("-", "")
    if recovery is not None and RecoveryCodes(recovery).validate_code(given):
        Authenticator.objects.filter(pk=recovery.pk).update(last_used_at=now)
        return Proof(recovery.pk, KIND.RECOVERY_CODES.value)
    raise FactorRefused


def _opens(totp: Any, code: str, now: datetime) -> bool:
    period = matching_period(decrypt(totp.data["secret"]), code, now=now)
    # A code that was looked over a shoulder is good for nothing once it has opened.
    if period is None or period <= totp.data.get("used", 0):
        return False
    totp.data["used"] = period
    totp.last_used_at = now
    totp.save()
    return True


@transaction.atomic
def prove_by_passkey(
    *, person_id: UUID, factor: int, count: int, now: datetime
) -> Proof:
    """Accept a passkey whose signature the door has verified; raises FactorRefused.

    *count* is the authenticator's own counter: one that does not grow betrays a copy.
    Keys that count nothing send 0. Locks the factor.
    """
    rows = Authenticator.objects.select_for_update()
    row = rows.filter(pk=factor, user_id=person_id, type=KIND.WEBAUTHN).first()
    known = row.data.get("count", 0) if row else 0
    if row is None or ((count or known) and count <= known):
        raise FactorRefused(_("Cette clé n’a pas été reconnue."))
    row.data["count"] = count
    row.last_used_at = now
    row.save()
    return Proof(row.pk, KIND.WEBAUTHN.value)


@transaction.atomic
def make_recovery_codes(*, person_id: UUID) -> list[str]:
    """Return ten new codes of eight digits; those before open nothing any more.

    The row stays, so a session that one of them opened goes on. Locks the person.
    """
    person = locked(User.objects.get_queryset().active(), person_id)
    row = RecoveryCodes.activate(person).instance
    row.data = {"seed": encrypt(RecoveryCodes.generate_seed()), "used_mask": 0}
    row.save()
    _note(person, "staff.recovery_codes_made", kind=KIND.RECOVERY_CODES)
    return list(RecoveryCodes(row).generate_codes())


@transaction.atomic
def remove_factor(*, person_id: UUID, factor: int) -> None:
    """Remove one factor of one's own; raises StateConflict for the last. Locks."""
    person = locked(User.objects.get_queryset().active(), person_id)
    rows = Authenticator.objects.filter(user=person, type__in=FULL)
    row = rows.filter(pk=factor).first()
    if row is None or not rows.exclude(pk=factor).exists():
        raise StateConflict(_("Gardez au moins un moyen d’entrer."))
    row.delete()
    _note(person, "staff.factor_removed", kind=row.type)


def _note(person: User, action: str, *, kind: str) -> None:
    record(
        action,
        subject=f"user:{person.pk}",
        actor_id=person.pk,
        details={"kind": str(kind)},
    )
