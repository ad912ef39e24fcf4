"""What this app holds of people, table by table."""

from __future__ import annotations

from lokahome.core.privacy.holdings import (
    EVERYTHING,
    Holding,
    PersonalData,
    register,
)
from messaging.services.parting import settle

LETTERS = (
    "What was written to others is theirs as well: it stays in their conversation,"
    " signed by nobody, and is read by them alone."
)

register(
    PersonalData(
        app="messaging",
        settle=settle,
        holdings=(
            Holding(
                model="messaging.Message",
                person="sender_id",
                hidden=("digest",),
                keeps=(EVERYTHING,),
                kept=LETTERS,
            ),
            Holding(
                model="messaging.MessageHiding",
                person="message__sender_id",
                keeps=(EVERYTHING,),
                kept=LETTERS,
            ),
            Holding(
                model="messaging.Participant",
                person="person_id",
                kept="Who took part, and how far they read: numbers of messages.",
            ),
            *(
                Holding(
                    model=model,
                    person="person_id",
                    keeps=(EVERYTHING,),
                    kept="Numbers that make the log whole: no words.",
                )
                for model in ("messaging.PersonLog", "messaging.PersonEvent")
            ),
            Holding(
                model="messaging.InboundSms",
                person="person_id",
                emptied={"sender": "", "text": ""},
                keeps=("gateway", "gateway_message_id", "reason"),
                kept="That the carrier handed an SMS over, once.",
            ),
            Holding(
                model="messaging.OutgoingMessage", person="person_id", deleted=True
            ),
            Holding(model="messaging.Notification", person="person_id", deleted=True),
            Holding(
                model="messaging.NotificationPreference",
                person="person_id",
                deleted=True,
            ),
            Holding(
                model="messaging.RealtimeTicket",
                person="person_id",
                hidden=("token_digest",),
                deleted=True,
            ),
        ),
    )
)
