"""What a lead does to a colleague's account, from that account's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.case_deciding import actor_of
from accounts.models import StaffChange, StaffLink, User
from accounts.services.staff.groups import STAFF_GROUPS
from accounts.services.staff.links import account_of, declare_link
from accounts.services.staff.members import Changed, change_staff
from accounts.services.staff.second_factors import is_enrolled
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.errors import InvalidInput

PERMISSION = "accounts.manage_staff"
TWO = _(
    "Pour un responsable, la finance ou un compte d’urgence, un second responsable doit "
    "approuver. Les responsables sont prévenus."
)


class GroupsForm(forms.Form):
    """The groups that the account has afterwards."""

    groups = forms.MultipleChoiceField(
        label=_("Groupes"), choices=[(name, name) for name in STAFF_GROUPS]
    )


class AccountForm(forms.Form):
    """The number of the private account, or that there is none."""

    phone = forms.CharField(
        label=_("Numéro du compte personnel"),
        required=False,
        max_length=30,
        strip=True,
    )
    no_account = forms.BooleanField(
        label=_("N’a pas de compte personnel"), required=False
    )


def _changing(kind: str) -> Any:
    def run(person: User, order: Order) -> Changed:
        return change_staff(
            person_id=person.pk,
            kind=kind,
            reason=order.reason,
            actor=actor_of(order),
            now=order.now,
            groups=order.choices.get("groups", ()),
        )

    return run


def _declare(person: User, order: Order) -> StaffLink:
    phone, none = order.choices["phone"], order.choices["no_account"]
    if bool(phone) == none:
        raise InvalidInput(gettext("Donnez un numéro, ou dites qu’il n’y en a pas."))
    return declare_link(
        staff_id=person.pk,
        person_id=None if none else account_of(phone),
        actor=actor_of(order),
        now=order.now,
        reason=order.reason,
    )


def _works(person: Any) -> bool:
    return bool(person.is_staff and person.is_active)


STAFF_DECISIONS = (
    Decision(
        name="declare-account",
        label=str(_("Déclarer son compte personnel")),
        permission=PERMISSION,
        run=_declare,
        is_available=_works,
        form=AccountForm,
        notice=str(
            _(
                "Ce collègue ne décidera plus de rien qui touche ce compte. Un autre "
                "responsable vérifie la déclaration. Il est prévenu, les responsables "
                "aussi."
            )
        ),
    ),
    Decision(
        name="change-groups",
        label=str(_("Changer les groupes")),
        permission=PERMISSION,
        run=_changing(StaffChange.Kind.GROUPS),
        is_available=_works,
        form=GroupsForm,
        notice=str(TWO),
    ),
    Decision(
        name="new-password",
        label=str(_("Remettre un nouveau mot de passe")),
        permission=PERMISSION,
        run=_changing(StaffChange.Kind.PASSWORD),
        is_available=_works,
        notice=str(
            _(
                "Le mot de passe s’affiche une seule fois : remettez-le de la main à la"
                " main. L’ancien n’ouvre plus rien, les sessions se ferment. Sans second"
                " facteur inscrit, un second responsable doit approuver."
            )
        ),
        is_danger=True,
    ),
    Decision(
        name="forget-factors",
        label=str(_("Retirer les seconds facteurs")),
        permission=PERMISSION,
        run=_changing(StaffChange.Kind.FACTORS),
        is_available=lambda person: _works(person) and is_enrolled(person.pk),
        notice=str(
            _(
                "À faire après avoir reconnu la personne de vive voix. Ses sessions se"
                " ferment et sa prochaine entrée inscrit un nouveau second facteur."
            )
        ),
        is_danger=True,
    ),
    Decision(
        name="close-staff",
        label=str(_("Fermer le compte de ce collègue")),
        permission=PERMISSION,
        run=_changing(StaffChange.Kind.CLOSE),
        is_available=_works,
        notice=str(TWO),
        is_danger=True,
    ),
    Decision(
        name="reopen-staff",
        label=str(_("Rouvrir le compte de ce collègue")),
        permission=PERMISSION,
        run=_changing(StaffChange.Kind.REOPEN),
        is_available=lambda person: person.is_staff and not person.is_active,
        form=GroupsForm,
        notice=str(
            _(
                "Un second responsable doit approuver. Qui a fermé ce compte ne le "
                "rouvre pas."
            )
        ),
    ),
)
"""For the page of a person; each shows on those of colleagues only."""
