"""Who hears of what by what: one row a template, and nothing else decides.

Every fact is shown in the app. A channel beyond it costs money (SMS) or patience, so a
row names the channels that the fact deserves; a person's preferences take some away,
and a channel without an address does not exist. What is not urgent waits for the end
of the quiet hours; money, security and people on their way to a door do not wait.
`docs/notifications.md` prints this table, and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from messaging.models import OutgoingMessage, Topic

SMS = OutgoingMessage.Channel.SMS
EMAIL = OutgoingMessage.Channel.EMAIL
HOMES, MONEY, SERVICES, WORDS, ACCOUNT = (
    Topic.HOMES,
    Topic.MONEY,
    Topic.SERVICES,
    Topic.WORDS,
    Topic.ACCOUNT,
)


class Ring(StrEnum):
    """Which numbers an SMS goes to: one, all, or all and but the fact's ``phone_id``.

    News of the account's safety goes to every number that reaches the person: the
    current one may be the thief's.
    """

    CURRENT = "current"
    ALL = "all"
    NAMED = "named"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Plan:
    """How one template is told: its topic, the channels beside the app, its urgency.

    *about* is the noun whose page the app opens, by the id ``<about>_id`` of the fact.
    *rings* says which of the person's numbers hears of it, *letter_to* the id of the
    fact that names the address, where it is not the current one. *is_security*: it
    leaves at any hour, and no preference holds it back, since whoever took an account
    over would set one first.
    """

    topic: Topic
    about: str
    channels: tuple[OutgoingMessage.Channel, ...] = ()
    is_urgent: bool = False
    rings: Ring = Ring.CURRENT
    is_security: bool = False
    letter_to: str = ""


def _security(about: str, rings: Ring = Ring.ALL, letter_to: str = "") -> Plan:
    return Plan(
        ACCOUNT,
        about,
        (SMS, EMAIL),
        is_urgent=True,
        rings=rings,
        is_security=True,
        letter_to=letter_to,
    )


PLANS: dict[str, Plan] = {
    "listing_published": Plan(HOMES, "listing", (SMS,)),
    "listing_rejected": Plan(HOMES, "listing", (SMS,)),
    "listing_needs_changes": Plan(HOMES, "listing", (SMS,)),
    "listing_suspended": Plan(HOMES, "listing", (SMS,)),
    "application_received": Plan(HOMES, "application", (SMS,)),
    "application_accepted": Plan(HOMES, "application", (SMS,)),
    "application_declined": Plan(HOMES, "application", (SMS,)),
    "lease_to_sign": Plan(HOMES, "lease", (SMS,)),
    "lease_active": Plan(HOMES, "lease", (SMS, EMAIL)),
    "ticket_opened": Plan(HOMES, "ticket", (SMS,), is_urgent=True),
    "ticket_decided": Plan(HOMES, "ticket", (SMS,)),
    "ticket_resolved": Plan(HOMES, "ticket"),
    "charge_failed": Plan(MONEY, "charge", (SMS,), is_urgent=True),
    "charge_expired": Plan(MONEY, "charge", (SMS,), is_urgent=True),
    "rent_paid_payer": Plan(MONEY, "lease", (SMS, EMAIL), is_urgent=True),
    "rent_paid_landlord": Plan(MONEY, "lease", (SMS,), is_urgent=True),
    "payout_sent": Plan(MONEY, "payout", (SMS, EMAIL), is_urgent=True),
    "payout_failed": Plan(MONEY, "payout", (SMS,), is_urgent=True),
    "refund_done": Plan(MONEY, "refund", (SMS, EMAIL), is_urgent=True),
    "refund_failed": Plan(MONEY, "refund"),
    "request_nearby": Plan(SERVICES, "request"),
    "request_cancelled": Plan(SERVICES, "request"),
    "request_expired": Plan(SERVICES, "request"),
    "quote_received": Plan(SERVICES, "quote", (SMS,)),
    "quote_accepted": Plan(SERVICES, "quote", (SMS,)),
    "quote_declined": Plan(SERVICES, "quote"),
    "job_held": Plan(MONEY, "job", (EMAIL,), is_urgent=True),
    "job_funded": Plan(SERVICES, "job", (SMS,), is_urgent=True),
    "job_started": Plan(SERVICES, "job", (SMS,), is_urgent=True),
    "job_delivered": Plan(SERVICES, "job", (SMS,), is_urgent=True),
    "job_approved": Plan(MONEY, "job", (SMS,), is_urgent=True),
    "job_disputed": Plan(MONEY, "job", (SMS,), is_urgent=True),
    "dispute_decided": Plan(MONEY, "job", (SMS,), is_urgent=True),
    "job_closed": Plan(SERVICES, "job"),
    "job_cancelled": Plan(SERVICES, "job", (SMS,), is_urgent=True),
    "reviews_revealed": Plan(SERVICES, "job"),
    "identity_checked": Plan(ACCOUNT, "check", (SMS,)),
    "identity_expired": Plan(ACCOUNT, "check", (SMS,)),
    "identity_runs_out": Plan(ACCOUNT, "check", (SMS,)),
    "sign_in_notice": _security("notice", Ring.OTHERS),
    "phone_added": _security("phone", Ring.OTHERS),
    "phone_removed": _security("phone", Ring.NAMED),
    "phone_lost": _security("phone", Ring.NAMED),
    "phone_taken_over": _security("phone", Ring.OTHERS),
    "sanction_imposed": _security("sanction"),
    "sanction_ended": Plan(ACCOUNT, "sanction", (SMS,)),
    "appeal_decided": Plan(ACCOUNT, "appeal", (SMS, EMAIL)),
    "identity_linked": _security("person"),
    "code_money_spent": Plan(ACCOUNT, "spending", (EMAIL,), is_urgent=True),
    "glass_broken": Plan(ACCOUNT, "person", (EMAIL,), is_urgent=True, is_security=True),
    "factors_forgotten": Plan(
        ACCOUNT, "person", (EMAIL,), is_urgent=True, is_security=True
    ),
    "staff_changed": Plan(
        ACCOUNT, "person", (EMAIL,), is_urgent=True, is_security=True
    ),
    "entry_stopped": Plan(
        ACCOUNT, "person", (EMAIL,), is_urgent=True, is_security=True
    ),
    "data_export_ready": _security("export"),
    "erasure_moved": _security("erasure"),
    "password_changed": _security("person"),
    "email_changed": _security("person", letter_to="former_id"),
    "loss_lifted": _security("phone"),
    "account_reclaimed": _security("person"),
    "session_reused": _security("session"),
    "report_decided": Plan(ACCOUNT, "case"),
    "agency_invited": Plan(ACCOUNT, "invitation", (SMS,)),
    "agency_decided": Plan(ACCOUNT, "agency", (SMS,)),
    "mandated_agency_decided": Plan(HOMES, "agency", (SMS,)),
    "member_removed": Plan(ACCOUNT, "agency"),
    "mandate_proposed": Plan(HOMES, "mandate", (SMS,)),
    "mandate_accepted": Plan(HOMES, "mandate", (SMS,)),
    "mandate_declined": Plan(HOMES, "mandate"),
    "mandate_ended": Plan(HOMES, "mandate", (SMS,)),
    "sms_stopped": Plan(ACCOUNT, "sms"),
    "sms_started": Plan(ACCOUNT, "sms"),
    "sms_unplaced": Plan(WORDS, "sms", (SMS,)),
    "unread_messages": Plan(WORDS, "conversation", (SMS,)),
}
"""Template -> how it is told. Codes have no row: they go wherever they were asked for."""
