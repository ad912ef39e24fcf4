"""What reviewers decide about a document: a choice that is counted, words to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import IDENTITY_STATES, IdentityCheck, User
from accounts.policies.identity import CHECK_IDENTITIES
from accounts.services.identity.decisions import (
    REFUSAL_CODES,
    UNREADABLE_CODES,
    accept_identity_check,
    awaits_voucher,
    find_identity_unreadable,
    refuse_identity_check,
    vouch_for_identity,
)
from accounts.services.identity.fraud import (
    FRAUD_CODES,
    clear_identity_suspicion,
    confirm_identity_fraud,
    suspect_identity_fraud,
)
from accounts.services.identity.revoking import (
    REVOCATION_CODES,
    confirm_revocation,
    keep_identity_check,
    revoke_identity_check,
)
from lokahome.core import clock
from lokahome.core.admin.decisions import Decision, Order

REASONS_TO_ACCEPT = (
    "La pièce est lisible, valable et au nom du compte.",
    "La pièce prouve ce qu’elle doit prouver ; son numéro est celui saisi.",
)
REASONS_TO_VOUCH = (
    "La même personne a perdu l’accès à son ancien compte.",
    "L’autre compte a saisi ce numéro par erreur.",
)
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
REASONS_TO_REVOKE = (
    "La pièce a été validée par erreur.",
    "La pièce n’est pas authentique.",
    "La pièce est celle d’une autre personne.",
)
REASONS_TO_KEEP = ("La validation était juste.",)


def reason_form(codes: tuple[str, ...]) -> type[forms.Form]:
    """Return a form that asks for one of *codes*; words are asked beside it."""

    class ReasonForm(forms.Form):
        reason_code = forms.ChoiceField(
            label=_("Nature du motif"),
            choices=[(code, IdentityCheck.ReasonCode(code).label) for code in codes],
        )

    return ReasonForm


def _runs(service: Callable[..., IdentityCheck]) -> Callable[[Any, Order], object]:
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


def _judged(
    service: Callable[..., IdentityCheck], *, action: str, **shape: Any
) -> Decision:
    """Return the button of *service*, offered where the state permits *action*.

    Every decision about a document asks for the same right, and for a reason. *shape*
    is what `Decision` says beside that, and overrides it.
    """
    return Decision(
        **{
            "permission": CHECK_IDENTITIES,
            "run": _runs(service),
            "is_available": _permits(action),
            **shape,
        }
    )


def _needs_first_of_two(check: Any) -> bool:
    return awaits_voucher(check, now=clock.now())


def _can_be_accepted(check: Any) -> bool:
    return _permits("accept")(check) and not _needs_first_of_two(check)


def _is_doubted(check: Any) -> bool:
    return _permits("keep")(check) and check.doubted_by_id is not None


def _can_be_revoked(check: Any) -> bool:
    return _permits("revoke")(check) and check.doubted_by_id is None


DECISIONS = (
    _judged(
        accept_identity_check,
        action="accept",
        name="accept",
        label="Valider",
        is_available=_can_be_accepted,
        reasons=REASONS_TO_ACCEPT,
        notice="Ouvrez d’abord chaque côté. Les niveaux de la personne sont recomptés. "
        "Elle est prévenue.",
        shortcut="a",
    ),
    _judged(
        vouch_for_identity,
        action="vouch",
        name="vouch",
        label="Trouver bonne, à confirmer",
        is_available=_needs_first_of_two,
        reasons=REASONS_TO_VOUCH,
        notice="Ce numéro ou cette image est sur un autre compte : une autre personne "
        "de l’équipe valide ensuite. Personne n’est prévenu.",
        shortcut="b",
    ),
    _judged(
        find_identity_unreadable,
        action="find_unreadable",
        name="unreadable",
        label="Illisible",
        form=reason_form(UNREADABLE_CODES),
        reasons=REASONS_UNREADABLE,
        notice="La personne lit votre motif et peut envoyer une autre photo.",
        shortcut="c",
    ),
    _judged(
        refuse_identity_check,
        action="refuse",
        name="refuse",
        label="Refuser",
        form=reason_form(REFUSAL_CODES),
        reasons=REASONS_TO_REFUSE,
        notice="La pièce ne prouve rien. La personne lit votre motif.",
        is_danger=True,
        shortcut="r",
    ),
    _judged(
        suspect_identity_fraud,
        action="suspect",
        name="suspect",
        label="Signaler une fraude",
        form=reason_form(FRAUD_CODES),
        reasons=REASONS_OF_FRAUD,
        notice="Une autre personne de l’équipe confirme. Personne n’est prévenu.",
        is_danger=True,
        shortcut="f",
    ),
    _judged(
        confirm_identity_fraud,
        action="confirm_fraud",
        name="confirm-fraud",
        label="Confirmer la fraude",
        reasons=REASONS_OF_FRAUD,
        notice="La personne lit que la pièce est refusée. La sanction se décide à part.",
        is_danger=True,
        shortcut="v",
    ),
    _judged(
        clear_identity_suspicion,
        action="clear",
        name="clear",
        label="Écarter la fraude",
        reasons=REASONS_TO_CLEAR,
        notice="La pièce revient dans la file et se vérifie comme une autre.",
        shortcut="e",
    ),
    _judged(
        revoke_identity_check,
        action="revoke",
        name="revoke",
        label="Retirer la validation",
        is_available=_can_be_revoked,
        form=reason_form(REVOCATION_CODES),
        reasons=REASONS_TO_REVOKE,
        notice="La pièce ne prouve plus rien et les niveaux sont recomptés. Si un "
        "niveau 2 ou plus en dépend, une autre personne doit confirmer : d’ici là, "
        "rien ne change et personne n’est prévenu.",
        is_danger=True,
        shortcut="r",
    ),
    _judged(
        confirm_revocation,
        action="revoke",
        name="confirm-revocation",
        label="Confirmer et retirer",
        is_available=_is_doubted,
        reasons=REASONS_TO_REVOKE,
        notice="Les niveaux sont recomptés. La personne lit votre motif et peut faire "
        "un recours.",
        is_danger=True,
        shortcut="v",
    ),
    _judged(
        keep_identity_check,
        action="keep",
        name="keep",
        label="Maintenir la validation",
        is_available=_is_doubted,
        reasons=REASONS_TO_KEEP,
        notice="Rien ne change : la pièce compte comme avant.",
        shortcut="e",
    ),
)
