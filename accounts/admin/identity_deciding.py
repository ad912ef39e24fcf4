"""What reviewers decide about a document: a choice that is counted, words to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import IDENTITY_STATES, IdentityCheck, User
from accounts.policies.identity import CHECK_IDENTITIES
from accounts.services.identity.decisions import (
    FRAUD_CODES,
    REFUSAL_CODES,
    UNREADABLE_CODES,
    accept_identity_check,
    clear_identity_suspicion,
    confirm_identity_fraud,
    find_identity_unreadable,
    refuse_identity_check,
    suspect_identity_fraud,
)
from lokahome.core.admin.decisions import Decision, Order

REASONS_UNREADABLE = (
    "La photo est floue : posez la pièce à plat, en pleine lumière.",
    "Un reflet cache une partie de la pièce.",
    "La pièce est coupée : montrez ses quatre coins.",
    "Le côté qui porte la photo et le nom manque.",
)
REASONS_TO_REFUSE = (
    "La pièce n’est plus valable.",
    "Le nom de la pièce n’est pas celui du compte.",
    "Le numéro saisi n’est pas celui de la pièce.",
    "Cette pièce n’est pas acceptée pour ce que vous voulez prouver.",
    "L’image est une copie d’écran ou a été modifiée.",
)
REASONS_OF_FRAUD = (
    "L’image a été retouchée.",
    "La pièce est celle d’une autre personne.",
)
REASONS_TO_CLEAR = ("La pièce est authentique.",)


def reason_form(codes: tuple[str, ...]) -> type[forms.Form]:
    """Return a form that asks for one of *codes*; words are asked beside it."""

    class ReasonForm(forms.Form):
        reason_code = forms.ChoiceField(
            label=_("Nature du motif"),
            choices=[(code, IdentityCheck.ReasonCode(code).label) for code in codes],
        )

    return ReasonForm


UnreadableForm = reason_form(UNREADABLE_CODES)
RefusalForm = reason_form(REFUSAL_CODES)
FraudForm = reason_form(FRAUD_CODES)


def _accept(check: IdentityCheck, order: Order) -> None:
    actor = User.objects.get(pk=order.actor_id)
    accept_identity_check(check_id=check.pk, actor=actor, now=order.now)


def _with_reason(
    service: Callable[..., IdentityCheck],
) -> Callable[[Any, Order], object]:
    def run(check: IdentityCheck, order: Order) -> object:
        return service(
            check_id=check.pk,
            actor=User.objects.get(pk=order.actor_id),
            reason=order.reason,
            now=order.now,
            **order.choices,
        )

    return run


def _permits(action: str) -> Callable[[Any], bool]:
    return lambda check: (
        action in IDENTITY_STATES.allowed_actions(check.status, {"staff"})
    )


DECISIONS = (
    Decision(
        name="accept",
        label="Valider",
        permission=CHECK_IDENTITIES,
        run=_accept,
        is_available=_permits("accept"),
        needs_reason=False,
        notice="Les niveaux de la personne sont recomptés. Elle est prévenue.",
        shortcut="a",
    ),
    Decision(
        name="unreadable",
        label="Illisible",
        permission=CHECK_IDENTITIES,
        run=_with_reason(find_identity_unreadable),
        is_available=_permits("find_unreadable"),
        form=UnreadableForm,
        reasons=REASONS_UNREADABLE,
        notice="La personne lit votre motif et peut envoyer une autre photo.",
        shortcut="c",
    ),
    Decision(
        name="refuse",
        label="Refuser",
        permission=CHECK_IDENTITIES,
        run=_with_reason(refuse_identity_check),
        is_available=_permits("refuse"),
        form=RefusalForm,
        reasons=REASONS_TO_REFUSE,
        notice="La pièce ne prouve rien. La personne lit votre motif.",
        is_danger=True,
        shortcut="r",
    ),
    Decision(
        name="suspect",
        label="Signaler une fraude",
        permission=CHECK_IDENTITIES,
        run=_with_reason(suspect_identity_fraud),
        is_available=_permits("suspect"),
        form=FraudForm,
        reasons=REASONS_OF_FRAUD,
        notice="Une autre personne de l’équipe confirme. Personne n’est prévenu.",
        is_danger=True,
        shortcut="f",
    ),
    Decision(
        name="confirm-fraud",
        label="Confirmer la fraude",
        permission=CHECK_IDENTITIES,
        run=_with_reason(confirm_identity_fraud),
        is_available=_permits("confirm_fraud"),
        reasons=REASONS_OF_FRAUD,
        notice="La personne lit que la pièce est refusée. La sanction se décide à part.",
        is_danger=True,
        shortcut="v",
    ),
    Decision(
        name="clear",
        label="Écarter la fraude",
        permission=CHECK_IDENTITIES,
        run=_with_reason(clear_identity_suspicion),
        is_available=_permits("clear"),
        reasons=REASONS_TO_CLEAR,
        notice="La pièce revient dans la file et se vérifie comme une autre.",
        shortcut="e",
    ),
)
