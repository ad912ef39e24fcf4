"""What a sanction asks for beside its reason, and how it will be told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from accounts.models import Sanction, User
from accounts.services.moderation.sanctions import LONGEST_DAYS

STANDARD_NOTICE = _(
    "Des éléments vérifiés par notre équipe montrent un manquement à nos règles."
)


class SanctionForm(forms.Form):
    """Kind, grounds, duration, and the words that the person reads."""

    kind = forms.ChoiceField(label=_("Mesure"), choices=Sanction.Kind.choices)
    grounds = forms.ChoiceField(label=_("Manquement"), choices=Sanction.Reason.choices)
    days = forms.IntegerField(
        label=_("Durée en jours"),
        required=False,
        min_value=1,
        max_value=LONGEST_DAYS,
        help_text=_(
            "Vide : sans fin. Une seconde personne doit approuver ce qui dépasse 30 "
            "jours ou n’a pas de fin, une exclusion, et une suspension qui ne suit pas "
            "un signalement ou en suit une autre de moins de 90 jours."
        ),
    )
    notice = forms.CharField(
        label=_("Texte que la personne lira"),
        max_length=500,
        initial=STANDARD_NOTICE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SuspensionForm(SanctionForm):
    """The same where the measure is a suspension and nothing else."""

    kind = None  # type: ignore[assignment]  # Django's way to drop a parent's field


class MilderForm(forms.Form):
    """The sanction that takes the place of the one appealed against."""

    kind = forms.ChoiceField(label=_("Nouvelle mesure"), choices=Sanction.Kind.choices)
    days = forms.IntegerField(
        label=_("Durée en jours"),
        required=False,
        min_value=1,
        max_value=LONGEST_DAYS,
        help_text=_(
            "À compter d’aujourd’hui, sans dépasser la fin prévue. Vide pour un "
            "avertissement."
        ),
    )
    notice = forms.CharField(
        label=_("Texte que la personne lira"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ColleagueField(forms.ModelChoiceField):  # type: ignore[type-arg]  # at run time
    """A member of staff by their handle."""

    def label_from_instance(self, person: Any) -> str:
        """Return the handle."""
        return str(person.username)


def _colleagues() -> QuerySet[User]:
    found = User.objects.get_queryset().active()
    return found.filter(is_staff=True).order_by("username")


class AssignForm(forms.Form):
    """To whom a case is given; whether they may take it, the service says."""

    to = ColleagueField(label=_("Collègue"), queryset=User.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.queryset = _colleagues()


def sms_previews() -> list[tuple[str, str]]:
    """Return what each measure is told in an SMS, by the measure's name."""
    return [
        (str(label), sms_preview(kind, until=_("[date]") if kind in DATED else ""))
        for kind, label in Sanction.Kind.choices
    ]


DATED = (Sanction.Kind.RESTRICT, Sanction.Kind.SUSPEND)


def sms_preview(measure: str, *, until: Any = "") -> str:
    """Return the SMS about a sanction, in French, in the words that will leave."""
    values = {"measure": measure, "until": until}
    return render_to_string("sms/sanction_imposed.fr.txt", values).strip()
