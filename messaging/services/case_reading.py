"""Reading a conversation as staff: for an open case that names it, never unseen."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from accounts.models import Case, User
from accounts.services.moderation.parties import has_conflict
from lokahome.core.audit.record import record
from lokahome.core.errors import NotAllowed, NotFound
from messaging.models import Conversation, Message
from messaging.policies import may_read_for_case
from messaging.queries.reports import messages_around

SHOWN = 200
"""Messages of a disputed job that staff see at once, the newest."""


@dataclass(frozen=True, slots=True)
class CaseReading:
    """What staff may read for a case: the messages, and which one was reported."""

    case: Case
    conversation: Conversation
    messages: list[Message]
    reported_seq: int | None


def read_for_case(*, conversation_id: UUID, case_id: UUID, actor: User) -> CaseReading:
    """Return what *actor* may read of the conversation for the case; audited each time.

    Of a reported message, it and its neighbours; in a dispute about the conversation's
    own subject, its newest messages. Raises NotFound for what does not exist, NotAllowed
    otherwise, also to whoever has a part in the case. A refusal is written to the audit
    log too.
    """
    conversation = Conversation.objects.filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound
    case = Case.objects.filter(pk=case_id).first()
    allowed = case is not None and may_read_for_case(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        is_case_open=case.status == Case.Status.OPEN,
        is_named=names(case, conversation),
        is_concerned=has_conflict(case, actor.pk),
    )
    record(
        "conversation.read" if allowed else "conversation.reading_refused",
        subject=f"conversation:{conversation_id}",
        actor_id=actor.pk,
        details={"case_id": str(case_id)},
    )
    if case is None or not allowed:
        raise NotAllowed
    seq = case.evidence.get("seq")
    if _reports_a_message_of(case, conversation) and isinstance(seq, int):
        around = list(messages_around(conversation_id, seq))
        return CaseReading(case, conversation, around, reported_seq=seq)
    newest = conversation.messages.select_related("hiding").order_by("-seq")[:SHOWN]
    return CaseReading(case, conversation, list(newest)[::-1], reported_seq=None)


def names(case: Case, conversation: Conversation) -> bool:
    """Say whether *case* names *conversation*: by its evidence, or as disputed matter.

    A report of a listing does not: it would open what everybody asked about it.
    """
    disputed = case.queue == Case.Queue.DISPUTES
    return _reports_a_message_of(case, conversation) or (
        disputed and case.subject == conversation.subject
    )


def conversation_named_by(case: Case) -> Conversation | None:
    """Return the conversation that *case* names, or None. It opens nothing by itself."""
    named = Q(pk=_uuid(case.evidence.get("conversation_id")))
    if case.queue == Case.Queue.DISPUTES:
        named |= Q(subject=case.subject)
    found = Conversation.objects.filter(named).order_by("-active_at", "-id")
    return next((row for row in found[:10] if names(case, row)), None)


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _reports_a_message_of(case: Case, conversation: Conversation) -> bool:
    return bool(case.evidence.get("conversation_id") == str(conversation.pk))
