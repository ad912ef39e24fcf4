"""How long this app keeps what it needs no longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import (
    AgencyInvitation,
    BarredTrace,
    CodeRequest,
    Email,
    Session,
    SignInChallenge,
    SignInNotice,
)
from accounts.services.identity import retention as identity_retention
from accounts.services.moderation import barring
from accounts.services.privacy import data_exports
from accounts.services.signing_in.sessions import FORGOTTEN_AFTER
from lokahome.core.privacy.retention import Retention, register_retention

CODES_KEPT = timedelta(days=30)
CLAIMS_KEPT = timedelta(days=30)
CHALLENGES_KEPT = timedelta(days=90)
INVITATIONS_KEPT = timedelta(days=90)


def _old_codes(now: datetime) -> QuerySet[CodeRequest]:
    return CodeRequest.objects.filter(expires_at__lt=now - CODES_KEPT)


def _old_claims(now: datetime) -> QuerySet[Email]:
    return Email.objects.filter(verified_at=None, expires_at__lt=now - CLAIMS_KEPT)


def _old_challenges(now: datetime) -> QuerySet[SignInChallenge]:
    return SignInChallenge.objects.filter(expires_at__lt=now - CHALLENGES_KEPT)


def _old_notices(now: datetime) -> QuerySet[SignInNotice]:
    return SignInNotice.objects.filter(closes_at__lt=now - CHALLENGES_KEPT)


def _old_invitations(now: datetime) -> QuerySet[AgencyInvitation]:
    return AgencyInvitation.objects.exclude(status="open").filter(
        expires_at__lt=now - INVITATIONS_KEPT
    )


def _past_traces(now: datetime) -> QuerySet[BarredTrace]:
    return BarredTrace.objects.past(now)


def _old_sessions(now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expires_at__lt=now - FORGOTTEN_AFTER)


for rule in (
    Retention(
        name="accounts.data_exports",
        what="copies of people's data: the ZIP; a day for what was never packed",
        kept=data_exports.KEPT,
        why="time to fetch it; the file holds everything of one person",
        due=data_exports.expired_exports,
        forget=data_exports.expire_exports,
    ),
    Retention(
        name="accounts.barred_traces",
        what="keyed digests of a banned person's numbers and documents",
        kept=barring.KEPT,
        why="an erasure does not undo a ban; a ban that is lifted ends them at once",
        due=_past_traces,
    ),
    Retention(
        name="accounts.sessions",
        what="sessions that ended or ran out: device, moments, how it was opened",
        kept=FORGOTTEN_AFTER,
        why="to look into a sign-in that its person did not make",
        due=_old_sessions,
        job="accounts.flush_expired_tokens",
    ),
    Retention(
        name="accounts.code_requests",
        what="requests for codes: the number, digests of it, of the code and of who asked",
        kept=CODES_KEPT,
        why="to look into who asked for codes",
        due=_old_codes,
    ),
    Retention(
        name="accounts.email_claims",
        what="e-mail addresses that nobody proved",
        kept=CLAIMS_KEPT,
        why="the code in the letter is of no use any more",
        due=_old_claims,
    ),
    Retention(
        name="accounts.sign_in_challenges",
        what="what a new device was asked for",
        kept=CHALLENGES_KEPT,
        why="to look into a sign-in that its person contests",
        due=_old_challenges,
    ),
    Retention(
        name="accounts.sign_in_notices",
        what="notices of 72 hours before a sign-in",
        kept=CHALLENGES_KEPT,
        why="to look into a sign-in that its person contests",
        due=_old_notices,
    ),
    Retention(
        name="accounts.agency_invitations",
        what="invitations that were answered or ran out: a masked number, a digest",
        kept=INVITATIONS_KEPT,
        why="to answer whoever asks who invited them",
        due=_old_invitations,
    ),
    Retention(
        name="accounts.identity_files",
        what="photos of documents that were accepted; the number stays, encrypted",
        kept=identity_retention.ACCEPTED_KEPT,
        why="to answer a question about the decision",
        due=identity_retention.accepted_files_due,
        forget=identity_retention.forget_accepted_files,
    ),
    Retention(
        name="accounts.refused_identity_files",
        what="photos of documents that were refused, unreadable, forged or taken back",
        kept=identity_retention.OTHERS_KEPT,
        why="to answer an appeal",
        due=identity_retention.other_files_due,
        forget=identity_retention.forget_other_files,
    ),
):
    register_retention(rule)
