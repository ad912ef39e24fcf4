"""How somebody stands with the platform, and what they are told at a closed door."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db.models import F
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Sanction, Session, SignInChallenge, SignInNotice, User
from accounts.models.sanction import SanctionQuerySet
from accounts.services.signing_in.lapsing import end_challenges, end_notices
from accounts.services.signing_in.sessions import end_sessions
from lokahome.core.clock import utc_text
from lokahome.core.errors import NotAllowed, NotAuthenticated

APPEAL_TOKEN_LIFETIME = timedelta(minutes=30)
_signer = signing.Signer(salt="lokahome.appeals")


class AccountSuspended(NotAllowed):
    """Staff closed the account, for a time or for good; the person may appeal."""

    code = "account.suspended"
    title = gettext_lazy("Ce compte est suspendu")


class AccountRestricted(NotAllowed):
    """A restriction is in force: reading, paying and appealing stay open."""

    code = "account.restricted"
    title = gettext_lazy("Ce compte est restreint")


class AppealTokenRefused(NotAuthenticated):
    """The token for an appeal is forged or too old: sign in again to get another."""

    code = "appeal.token_refused"


def suspended(person_id: UUID, *, now: datetime) -> AccountSuspended | None:
    """Return the refusal to somebody who proved who they are, None for no such sanction.

    It says until when, and the staff's own words, and carries a token for `POST
    /appeals` that lasts 30 minutes: it opens nothing else.
    """
    sanction = _lasting(Sanction.objects.live().closing(), person_id)
    if sanction is None:
        return None
    return AccountSuspended(
        _told(sanction),
        members={
            "until": utc_text(sanction.ends_at) if sanction.ends_at else None,
            "reason": sanction.notice,
            "appeal_token": appeal_token(sanction, now=now),
        },
    )


def restricted(person_id: UUID) -> AccountRestricted:
    """Return the refusal to somebody whose account is restricted."""
    sanction = _lasting(Sanction.objects.live().filter(kind="restrict"), person_id)
    if sanction is None:  # it ended between the look at the person and this one
        return AccountRestricted()
    return AccountRestricted(
        _told(sanction),
        members={
            "until": utc_text(sanction.ends_at) if sanction.ends_at else None,
            "reason": sanction.notice,
        },
    )


def appeal_token(sanction: Sanction, *, now: datetime) -> str:
    """Return a token that lets the bearer appeal against *sanction*, for 30 minutes."""
    ends = int((now + APPEAL_TOKEN_LIFETIME).timestamp())
    return _signer.sign_object([str(sanction.pk), str(sanction.person_id), ends])


def read_appeal_token(token: str, *, now: datetime) -> tuple[UUID, UUID]:
    """Return (sanction, person) of *token*; raises AppealTokenRefused."""
    try:
        sanction_id, person_id, ends = _signer.unsign_object(token)
    except (signing.BadSignature, ValueError) as error:
        raise AppealTokenRefused from error
    if now.timestamp() >= ends:
        raise AppealTokenRefused
    return UUID(sanction_id), UUID(person_id)


def take_effect(
    person: User, *, measure: str, actor_id: UUID | None, now: datetime
) -> None:
    """Make *person* stand as their sanctions in force say, after a *measure* came or went.

    The caller holds the person locked. An account that closes loses its sessions at
    once, sockets with them, and whatever waits to sign in: publishes SessionsEnded then.
    """
    live = Sanction.objects.live().filter(person=person)
    kinds = set(live.values_list("kind", flat=True))
    person.is_restricted = Sanction.Kind.RESTRICT in kinds
    is_closed = bool(kinds.intersection(Sanction.CLOSING))
    if is_closed:
        person.is_active = False
    elif measure in Sanction.CLOSING:
        person.is_active = person.erased_at is None
    person.save(update_fields={"is_active", "is_restricted"})
    if is_closed:
        end_sessions(
            user_id=person.pk,
            reason=Session.EndReason.SUSPENDED,
            now=now,
            actor_id=actor_id,
        )
        end_notices(SignInNotice.objects.filter(person=person), now=now)
        end_challenges(SignInChallenge.objects.filter(person=person), now=now)


def _lasting(sanctions: SanctionQuerySet, person_id: UUID) -> Sanction | None:
    """Return the one of *person_id*'s that lasts longest; what has no end does."""
    longest = F("ends_at").desc(nulls_first=True)
    return sanctions.filter(person_id=person_id).order_by(longest).first()


def _told(sanction: Sanction) -> str:
    if sanction.ends_at is None:
        return _("Sans date de fin. Vous pouvez faire un recours.")
    return _("Jusqu’au %(day)s. Vous pouvez faire un recours.") % {
        "day": date_format(localtime(sanction.ends_at), "DATETIME_FORMAT")
    }
