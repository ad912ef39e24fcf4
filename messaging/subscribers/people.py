"""Facts of people: identity documents, reports, numbers that change hands."""

from __future__ import annotations

from accounts.events import (
    AccountReclaimed,
    CaseDecided,
    CodeMoneySpent,
    EmailChanged,
    GlassBroken,
    IdentityChecked,
    IdentityExpired,
    IdentityRunsOut,
    PasswordChanged,
    PhoneAdded,
    PhoneLossLifted,
    PhoneLost,
    PhoneRemoved,
    PhoneTakenOver,
    RefreshReused,
    SignInNoticeOpened,
    StaffChanged,
    StaffEntryStopped,
)
from accounts.queries.moderation import reporters_of
from accounts.queries.people import lead_ids, operator_ids
from lokahome.core.events.subscribers import NOTIFY, subscribe
from messaging.subscribers.telling import tell


@subscribe(IdentityChecked, lane=NOTIFY)
def tell_identity_checked(event: IdentityChecked) -> None:
    """Tell the person what became of the document."""
    tell(event, "identity_checked", event.person_id)


@subscribe(IdentityExpired, lane=NOTIFY)
def tell_identity_expired(event: IdentityExpired) -> None:
    """Tell the person to renew a document; one that they replaced tells them nothing."""
    if event.cause != "replaced":
        tell(event, "identity_expired", event.person_id)


@subscribe(IdentityRunsOut, lane=NOTIFY)
def tell_identity_runs_out(event: IdentityRunsOut) -> None:
    """Tell the person, a month before, that a document has to be renewed."""
    tell(event, "identity_runs_out", event.person_id)


@subscribe(CaseDecided, lane=NOTIFY)
def tell_report_decided(event: CaseDecided) -> None:
    """Tell who reported what was decided; a case that nobody reported tells nobody."""
    tell(event, "report_decided", *reporters_of(event.case_id))


@subscribe(SignInNoticeOpened, lane=NOTIFY)
def tell_sign_in_notice(event: SignInNoticeOpened) -> None:
    """Ask the person, by the channels that are not the SIM, whether it is them."""
    tell(event, "sign_in_notice", event.person_id)


@subscribe(PhoneAdded, lane=NOTIFY)
def tell_phone_added(event: PhoneAdded) -> None:
    """Tell the numbers that the person had before."""
    tell(event, "phone_added", event.person_id, occurred=event.since.isoformat())


@subscribe(PhoneRemoved, lane=NOTIFY)
def tell_phone_removed(event: PhoneRemoved) -> None:
    """Tell the number that goes, and those that stay."""
    tell(event, "phone_removed", event.person_id)


@subscribe(PhoneLost, lane=NOTIFY)
def tell_phone_lost(event: PhoneLost) -> None:
    """Tell the number that was lost, and the others: who reported it may be a thief."""
    tell(event, "phone_lost", event.person_id, occurred=event.since.isoformat())


@subscribe(PhoneLossLifted, lane=NOTIFY)
def tell_loss_lifted(event: PhoneLossLifted) -> None:
    """Tell the person that a code from the number opens the account again."""
    tell(event, "loss_lifted", event.person_id, occurred=event.since.isoformat())


@subscribe(EmailChanged, lane=NOTIFY)
def tell_email_changed(event: EmailChanged) -> None:
    """Tell the address before and all numbers: it is a way to prove who one is."""
    tell(event, "email_changed", event.person_id, occurred=event.since.isoformat())


@subscribe(AccountReclaimed, lane=NOTIFY)
def tell_account_reclaimed(event: AccountReclaimed) -> None:
    """Tell the person what was shut: a thief may have said that it was not them."""
    tell(event, "account_reclaimed", event.person_id, occurred=str(event.deed_id))


@subscribe(PhoneTakenOver, lane=NOTIFY)
def tell_phone_taken_over(event: PhoneTakenOver) -> None:
    """Tell the person by what is left to them."""
    tell(event, "phone_taken_over", event.person_id)


@subscribe(RefreshReused, lane=NOTIFY)
def tell_session_reused(event: RefreshReused) -> None:
    """Warn the person: somebody held a copy of what kept them signed in."""
    tell(event, "session_reused", event.user_id)


@subscribe(PasswordChanged, lane=NOTIFY)
def tell_password_changed(event: PasswordChanged) -> None:
    """Tell the person, who may not be the one who changed it."""
    tell(event, "password_changed", event.person_id, occurred=event.since.isoformat())


@subscribe(CodeMoneySpent, lane=NOTIFY)
def tell_code_money_spent(event: CodeMoneySpent) -> None:
    """Tell the operators, in time to look who asks for so many codes."""
    tell(event, "code_money_spent", *operator_ids(), occurred=str(event.percent))


@subscribe(GlassBroken, lane=NOTIFY)
def tell_glass_broken(event: GlassBroken) -> None:
    """Tell whoever is in charge that a superuser came in; the log says why."""
    tell(event, "glass_broken", *lead_ids(), occurred=str(event.deed_id))


@subscribe(StaffChanged, lane=NOTIFY)
def tell_staff_changed(event: StaffChanged) -> None:
    """Tell the colleague, who may not know, and whoever is in charge."""
    told = {event.person_id, *lead_ids()}
    if event.measure == "factors":
        told.remove(event.person_id)
        occurred = str(event.change_id)
        tell(event, "factors_forgotten", event.person_id, occurred=occurred)
    tell(event, "staff_changed", *sorted(told), occurred=str(event.change_id))


@subscribe(StaffEntryStopped, lane=NOTIFY)
def tell_entry_stopped(event: StaffEntryStopped) -> None:
    """Tell the colleague whose password is known, and whoever is in charge."""
    told = sorted({event.person_id, *lead_ids()})
    tell(event, "entry_stopped", *told, occurred=str(event.deed_id))
