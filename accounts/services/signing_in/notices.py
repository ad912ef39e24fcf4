"""72 hours' notice: the account's other channels may say no before a SIM alone gets in."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import SignInNoticeOpened
from accounts.models import (
    NOTICE_STATES,
    Email,
    Phone,
    Session,
    SignInChallenge,
    SignInNotice,
    User,
)
from accounts.queries.signing_in import NOTICE_SALT
from accounts.queries.staff import humans_of
from accounts.services.signing_in.challenging import number_of
from accounts.services.signing_in.lapsing import end_challenges, end_notices
from accounts.services.signing_in.proofs import require_recent_proof
from accounts.services.signing_in.sessions import end_sessions_since
from lokahome.core import limits
from lokahome.core.audit.record import record
from lokahome.core.clock import utc_text
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotAllowed, NotFound, StateConflict
from lokahome.core.events.outbox import append

WAIT = timedelta(hours=72)
OPEN_FOR = timedelta(days=7)
REST_AFTER_CONTEST = timedelta(days=30)
ANSWERED_WITHIN = timedelta(days=7)
"""How long staff may open a notice for whoever met a challenge."""
PER_NUMBER = 3
"""Notices about one number in REST_AFTER_CONTEST: each rings at somebody's door."""


class NoChannel(StateConflict):
    """Nobody could be told outside the app: no settled address, no other number.

    A session is no channel: it may be that of the stolen phone itself.
    """

    code = "notice.no_channel"
    title = gettext_lazy("Personne ne pourrait être prévenu")

    def default_detail(self) -> str:
        return _("Ce compte n’a aucun autre moyen d’être prévenu. Écrivez au support.")


class NoticeContested(StateConflict):
    """The account's person said no: nothing more about this number until *until*."""

    code = "notice.contested"
    title = gettext_lazy("Le titulaire du compte s’y est opposé")


class NumberLost(StateConflict):
    """The SIM was reported lost: waiting gives nobody the account by it."""

    code = "notice.number_lost"
    title = gettext_lazy("Ce numéro a été déclaré perdu")

    def default_detail(self) -> str:
        return _("Donnez une autre preuve, ou écrivez au support.")


class ChallengePast(StateConflict):
    """The challenge was answered, or lies too far back."""

    code = "challenge.past"
    title = gettext_lazy("Cette connexion est trop ancienne ou déjà réglée")


class SessionTooYoung(NotAllowed):
    """The session began after the notice: it may be that of who asked for it."""

    code = "notice.session_too_young"
    title = gettext_lazy("Cette session est plus récente que la demande")

    def default_detail(self) -> str:
        return _("Refusez depuis un autre appareil ou par le lien du courriel.")


@transaction.atomic
def open_notice(
    *,
    challenge: SignInChallenge,
    now: datetime,
    actor_id: UUID | None = None,
    reason: str = "",
) -> SignInNotice:
    """Return the notice about *challenge*'s number and device, a new one unless one waits.

    Staff *actor_id* may open it for *reason* where nobody can be told but by the app.
    Expects the person and the challenge locked. Raises NumberLost, NoticeContested for
    30 days after a contest, NoChannel, RateLimited. Publishes SignInNoticeOpened.
    """
    phone = number_of(challenge)
    about = SignInNotice.objects.filter(phone=phone)
    same = about.waiting().filter(
        device_digest=challenge.device_digest, closes_at__gt=now
    )
    if (known := same.first()) is not None:
        return known
    end_notices(about.filter(closes_at__lte=now), now=now)
    contested = about.filter(
        status=SignInNotice.Status.CONTESTED,
        closed_at__gt=now - REST_AFTER_CONTEST,
    )
    if (refused := contested.order_by("-closed_at").first()) is not None:
        until = (refused.closed_at or now) + REST_AFTER_CONTEST
        raise NoticeContested(members={"until": utc_text(until)})
    if phone.lost_at is not None:
        raise NumberLost
    if actor_id is None and not _can_be_told(challenge.person_id, phone, now):
        raise NoChannel
    limits.take(
        "notice.number",
        str(phone.pk),
        limit=PER_NUMBER,
        window=REST_AFTER_CONTEST,
        now=now,
    )
    notice = SignInNotice(
        person_id=challenge.person_id,
        phone=phone,
        device_digest=challenge.device_digest,
        opens_at=now + WAIT,
        closes_at=now + WAIT + OPEN_FOR,
        created_at=now,
    )
    notice.save(force_insert=True)
    record(
        "sign_in.notice_opened",
        subject=f"user:{challenge.person_id}",
        actor_id=actor_id,
        reason=reason,
        details={"notice_id": str(notice.pk), "phone_id": str(phone.pk)},
    )
    append(
        SignInNoticeOpened(
            notice_id=notice.pk, person_id=notice.person_id, phone_id=phone.pk
        )
    )
    return notice


@transaction.atomic
def open_notice_by_staff(
    *, challenge_id: UUID, actor_id: UUID, reason: str, now: datetime
) -> SignInNotice:
    """Return the notice that staff *actor_id* opens for *reason*; see `open_notice`.

    For whoever has one number and nothing else, and whose phone is gone: somebody heard
    them. The 72 hours run as for others, and a session that is left may contest. Raises
    NotFound, NotAllowed for one's own account, ChallengePast for one that was answered
    or is older than a week. Locks the person, then the challenge.
    """
    found = SignInChallenge.objects.filter(pk=challenge_id)
    person_id = found.values_list("person_id", flat=True).first()
    if person_id is None:
        raise NotFound
    person = locked(User.objects.get_queryset().active(), person_id)
    if person.pk in humans_of(actor_id):
        raise NotAllowed
    challenge = locked(SignInChallenge.objects.all(), challenge_id)
    if not may_be_noticed(challenge, now):
        raise ChallengePast
    return open_notice(challenge=challenge, now=now, actor_id=actor_id, reason=reason)


def may_be_noticed(challenge: SignInChallenge, now: datetime) -> bool:
    """Say whether staff may open a notice about *challenge*: unanswered, of this week."""
    unanswered = (SignInChallenge.Status.OPEN, SignInChallenge.Status.LAPSED)
    is_young = now - challenge.created_at < ANSWERED_WITHIN
    return (
        challenge.phone_id is not None and challenge.status in unanswered and is_young
    )


def _can_be_told(person_id: UUID, phone: Phone, now: datetime) -> bool:
    """Say whether somebody hears of it outside the app, by what is not of yesterday."""
    others = Phone.objects.settled(now).filter(user_id=person_id).exclude(pk=phone.pk)
    letters = Email.objects.settled(now).filter(user_id=person_id)
    return letters.exists() or others.exists()


@transaction.atomic
def contest_in_session(
    *, notice_id: UUID, session: Session, now: datetime
) -> SignInNotice:
    """Refuse the notice from *session*, and return it; see `contest_notice`.

    Raises NotFound for another person's, SessionTooYoung for a session that began after
    the notice was asked for, ProofNeeded.
    """
    mine = SignInNotice.objects.filter(person_id=session.user_id, pk=notice_id)
    asked_at = mine.values_list("created_at", flat=True).first()
    if asked_at is None:
        raise NotFound
    if session.started_at >= asked_at:
        raise SessionTooYoung
    require_recent_proof(session, now)
    return contest_notice(notice_id=notice_id, user_id=session.user_id, now=now)


@transaction.atomic
def contest_notice(
    *, notice_id: UUID, user_id: UUID, now: datetime, door: str = "session"
) -> SignInNotice:
    """Refuse the notice in the name of the account's person, and return it.

    The number is taken for lost: a SIM that somebody else holds gets no words, no
    payout and nobody in; every session that began since the notice ends, and no device
    of those is known. What was contested already stays so. Raises NotFound for another
    person's, TransitionRefused once it was used or lapsed. *door* says whether a session
    or the e-mail's link spoke. Locks the person, then the notice; publishes
    SessionsEnded.
    """
    person = locked(User.objects.get_queryset(), user_id)
    notice = locked(SignInNotice.objects.filter(person=person), notice_id)
    if notice.status == SignInNotice.Status.CONTESTED:
        return notice
    notice.closed_at = now
    NOTICE_STATES.apply(
        notice,
        "contest",
        who="holder",
        actor_id=person.pk,
        now=now,
        update_fields=("closed_at",),
    )
    phone = locked(Phone.objects.all(), notice.phone_id)
    if phone.released_at is None and phone.lost_at is None:
        phone.lost_at = now
        phone.save(update_fields={"lost_at"})
    end_challenges(SignInChallenge.objects.filter(phone=phone), now=now)
    end_notices(SignInNotice.objects.filter(phone=phone), now=now)
    end_sessions_since(
        user_id=person.pk,
        since=notice.created_at,
        reason=Session.EndReason.CONTESTED,
        now=now,
    )
    record(
        "sign_in.notice_contested",
        subject=f"user:{person.pk}",
        actor_id=person.pk,
        details={"notice_id": str(notice.pk), "door": door},
    )
    return notice


def contest_by_link(*, token: str, now: datetime) -> SignInNotice:
    """Contest the notice that the link *token* of an e-mail names; raises NotFound."""
    notice = notice_of_link(token)
    return contest_notice(
        notice_id=notice.pk, user_id=notice.person_id, now=now, door="link"
    )


def notice_of_link(token: str) -> SignInNotice:
    """Return the notice that *token* names; raises NotFound for a forged one."""
    try:
        notice_id = UUID(signing.Signer(salt=NOTICE_SALT).unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise NotFound from error
    notice = SignInNotice.objects.filter(pk=notice_id).first()
    if notice is None:
        raise NotFound
    return notice
