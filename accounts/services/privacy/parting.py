"""What ends when somebody leaves for good, and what has to end first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Case,
    CodeRequest,
    IdentityCheck,
    Membership,
    Phone,
    Sanction,
    User,
)
from accounts.models.identity_check import IDENTITY_STATES
from accounts.services.agencies.memberships import remove_member
from accounts.services.moderation.barring import leave_traces
from accounts.services.moderation.parties import parties_of
from accounts.services.signing_in.sessions import end_sessions
from lokahome.core.db.locks import locked
from lokahome.core.privacy.obstacles import register_obstacle


def settle(person_id: UUID, now: datetime) -> None:
    """End what the person has going: sessions, papers that wait, memberships, codes.

    Papers are withdrawn, and what was asked of their numbers is forgotten with them:
    never of a number that is a stranger's by now. A ban leaves its traces.
    """
    leave_traces(person_id=person_id, now=now)
    end_sessions(user_id=person_id, reason="erased", now=now)
    waiting = IdentityCheck.objects.filter(
        person_id=person_id, status=IdentityCheck.Status.SUBMITTED
    )
    for pk in waiting.order_by("id").values_list("pk", flat=True):
        check = locked(IdentityCheck.objects.get_queryset(), pk)
        check.vouched_by = None
        IDENTITY_STATES.apply(
            check,
            "withdraw",
            who="owner",
            actor_id=person_id,
            now=now,
            update_fields=("vouched_by",),
        )
    person = User.objects.get(pk=person_id)
    memberships = Membership.objects.active().filter(user=person)
    for member in memberships.exclude(agency__status="closed").order_by("agency_id"):
        remove_member(
            agency_id=member.agency_id, membership_id=member.pk, actor=person, now=now
        )
    numbers = Phone.objects.current().filter(user_id=person_id).values("number")
    CodeRequest.objects.filter(phone__in=numbers).delete()


def is_staff(person_id: UUID) -> bool:
    """Say whether the person works here: their account ends by other means."""
    return User.objects.filter(pk=person_id, is_staff=True).exists()


def is_suspected(person_id: UUID) -> bool:
    """Say whether somebody looks into a paper of theirs as forged."""
    suspected = IdentityCheck.Status.SUSPECTED
    return IdentityCheck.objects.filter(person_id=person_id, status=suspected).exists()


def is_sole_owner(person_id: UUID) -> bool:
    """Say whether an agency would be left without an owner."""
    others = Membership.objects.owners().exclude(user_id=person_id)
    owned = Membership.objects.owners().filter(user_id=person_id)
    owned = owned.exclude(agency__status="closed")
    return owned.exclude(agency_id__in=others.values("agency_id")).exists()


def is_sanctioned(person_id: UUID) -> bool:
    """Say whether a sanction lasts, or waits for its second person.

    Not so for whoever is banned: that has no end, and its traces outlive the account.
    """
    theirs = Sanction.objects.filter(person_id=person_id)
    if theirs.live().filter(kind=Sanction.Kind.BAN).exists():
        return False
    lasting = Q(status=Sanction.Status.ACTIVE) & ~Q(kind=Sanction.Kind.WARN)
    return theirs.filter(lasting | Q(status=Sanction.Status.PROPOSED)).exists()


def is_in_question(person_id: UUID) -> bool:
    """Say whether an open case may strike them: it is about them, or what they wrote.

    Asks each open case in turn, as its noun's app alone knows whose it is: hundreds at
    most, for somebody who may ask twice a day.
    """
    subjects = Case.objects.open().order_by("id").values_list("subject", flat=True)
    return any(person_id in parties_of(subject).authors for subject in list(subjects))


register_obstacle("staff", _("Vous faites partie de l’équipe."), is_staff)
register_obstacle(
    "identity.suspected", _("Une de vos pièces est en cours d’examen."), is_suspected
)
register_obstacle(
    "agency.sole_owner",
    _("Vous êtes seul à la tête d’une agence : fermez-la ou nommez quelqu’un."),
    is_sole_owner,
)
register_obstacle(
    "sanction.live", _("Une sanction est en cours ou en attente."), is_sanctioned
)
register_obstacle(
    "case.open", _("Un dossier vous concernant est en cours d’examen."), is_in_question
)
