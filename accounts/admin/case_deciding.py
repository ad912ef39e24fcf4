"""What staff can do with a case beside answering it: take it, give it, sanction for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.admin.case_views import is_decided_elsewhere
from accounts.admin.sanction_forms import AssignForm, SanctionForm
from accounts.models import Case, User
from accounts.policies.moderation import case_permission
from accounts.services.moderation.cases import (
    ASSIGN,
    assign_case,
    claim_case,
    release_case,
)
from accounts.services.moderation.parties import parties_of
from accounts.services.moderation.sanctions import impose_sanction
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.errors import StateConflict

SANCTIONED = (
    Case.Queue.REPORTS.value,
    Case.Queue.IDENTITIES.value,
    Case.Queue.LISTINGS.value,
)
"""Queues whose matters have an author, whom a sanction may strike."""


class NoAuthor(StateConflict):
    """The matter of the case is not one person's."""

    code = "case.no_author"
    title = _("Ce dossier ne désigne pas une personne")


def actor_of(order: Order) -> User:
    """Return who decides."""
    return User.objects.get(pk=order.actor_id)


def _claim(case: Case, order: Order) -> object:
    return claim_case(case_id=case.pk, actor=actor_of(order), now=order.now)


def _release(case: Case, order: Order) -> object:
    return release_case(case_id=case.pk, actor=actor_of(order), now=order.now)


def _assign(case: Case, order: Order) -> object:
    return assign_case(
        case_id=case.pk,
        to=order.choices["to"],
        actor=actor_of(order),
        now=order.now,
    )


def _sanction(case: Case, order: Order) -> object:
    authors = parties_of(case.subject).authors
    if len(authors) != 1:
        raise NoAuthor
    return impose_sanction(
        person_id=next(iter(authors)),
        kind=order.choices["kind"],
        reason=order.choices["grounds"],
        words=order.reason,
        notice=order.choices["notice"],
        days=order.choices["days"],
        actor=actor_of(order),
        now=order.now,
        case_id=case.pk,
    )


def _is_open(case: Any) -> bool:
    return bool(case.status == Case.Status.OPEN)


def _is_free_in(queue: str) -> Callable[[Any], bool]:
    return lambda case: (
        _is_open(case)
        and case.queue == queue
        and case.claimed_by_id is None
        and not is_decided_elsewhere(case)
    )


def _is_taken(case: Any) -> bool:
    return _is_open(case) and case.claimed_by_id is not None


def _has_author(case: Any) -> bool:
    return (
        _is_open(case)
        and case.queue in SANCTIONED
        and len(parties_of(case.subject).authors) == 1
    )


SANCTION = Decision(
    name="sanction",
    label=str(_("Sanctionner l’auteur")),
    permission="accounts.impose_sanction",
    run=_sanction,
    is_available=_has_author,
    form=SanctionForm,
    notice=str(
        _(
            "Le compte est sanctionné, ou la sanction attend une seconde personne. Le "
            "dossier reste ouvert : répondez-y ensuite. Le motif reste interne."
        )
    ),
    is_danger=True,
    shortcut="s",
)
HANDLING = (
    *(
        Decision(
            name=f"claim-{queue}",
            label=str(_("Prendre en charge")),
            permission=case_permission(queue),
            run=_claim,
            is_available=_is_free_in(queue),
            needs_reason=False,
            notice=str(_("Vos collègues voient que vous y travaillez.")),
            shortcut="p",
        )
        for queue in Case.Queue.values
    ),
    Decision(
        name="release",
        label=str(_("Remettre dans la file")),
        permission="accounts.view_case",
        run=_release,
        is_available=_is_taken,
        needs_reason=False,
    ),
    Decision(
        name="assign",
        label=str(_("Confier à quelqu’un")),
        permission=ASSIGN,
        run=_assign,
        is_available=_is_open,
        needs_reason=False,
        form=AssignForm,
    ),
)


def offered(case: Case, user: Any, panel: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what of *panel* is left to *user*: a colleague's case is left to them.

    Who may assign cases may answer and give back everybody's.
    """
    is_mine = case.claimed_by_id == user.pk
    if user.has_perm(ASSIGN) or is_mine:
        return panel
    if case.claimed_by_id is not None:
        return []
    return [item for item in panel if item["decision"].name != "release"]
