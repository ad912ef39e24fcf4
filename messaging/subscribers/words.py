"""Facts of words: what people sent by SMS, and messages that staff took out of sight."""

from __future__ import annotations

from accounts.events import CaseDecided, CaseOverturned
from lokahome.core import clock
from lokahome.core.events.subscribers import NOTIFY, STATE, subscribe
from messaging.events import InboundSmsReceived
from messaging.hints import hint
from messaging.services.hiding import hidden_message, hide_message, show_message
from messaging.services.inbound import follow_sms


@subscribe(InboundSmsReceived, lane=NOTIFY)
def follow_inbound_sms(event: InboundSmsReceived) -> None:
    """Do what the SMS asks for, and hint it to open sockets."""
    hint(follow_sms(inbound_id=event.inbound_id, now=clock.now()))


@subscribe(CaseDecided, lane=STATE)
def hide_message_of_decided_case(event: CaseDecided) -> None:
    """Hide the message as the staff decided; sockets hear of it at their next beat."""
    if message_id := hidden_message(
        kind=event.kind, decision=event.decision, subject=event.subject_ref
    ):
        hide_message(message_id=message_id, case_id=event.case_id, now=clock.now())


@subscribe(CaseOverturned, lane=STATE)
def show_message_of_overturned_case(event: CaseOverturned) -> None:
    """Show the message again whose hiding an appeal took back."""
    if message_id := hidden_message(
        kind=event.kind, decision=event.decision, subject=event.subject_ref
    ):
        show_message(message_id=message_id, actor_id=None, now=clock.now())
