"""What people have towards the platform: copies of their data, sanctions and appeals."""

from __future__ import annotations

from accounts.models import Case, Sanction, User
from accounts.services.moderation.appeals import appeal_sanction
from accounts.services.moderation.sanctions import impose_sanction
from accounts.services.privacy.data_exports import pack_export, request_export
from accounts.services.privacy.erasure import request_erasure
from lokahome.core import clock
from lokahome.tests.security.world import Person, Side

NAMES = (
    *("data_export", "erasure_request", "sanction", "sanction_new"),
    *("appeal", "case"),
)


def add_rights(side: Side, lead: User) -> None:
    """Add them for each person of *side*; *lead* decided what staff decide."""
    for name in NAMES:
        side.things[name] = {}
    for role, person in side.people.items():
        _add_copies(side, role, person.user)
        _add_sanctions(side, role, person, lead)


def _add_copies(side: Side, role: str, user: User) -> None:
    export = request_export(user=user, now=clock.now())
    pack_export(export_id=export.pk, now=clock.now())
    side.things["data_export"][role] = export
    side.things["erasure_request"][role] = request_erasure(
        person_id=user.pk, now=clock.now()
    )


def _add_sanctions(side: Side, role: str, person: Person, lead: User) -> None:
    for name in ("sanction", "sanction_new"):
        side.things[name][role] = impose_sanction(
            person_id=person.id,
            kind=Sanction.Kind.WARN,
            reason="false",
            words="Vu par deux personnes",
            notice=f"Avertissement-canari-{side.name}-{role}",
            days=None,
            actor=lead,
            now=clock.now(),
        )
    person.secrets["notice"] = f"Avertissement-canari-{side.name}-{role}"
    appeal, _is_new = appeal_sanction(
        person_id=person.id,
        sanction_id=side.things["sanction"][role].pk,
        words=f"Recours-canari-{side.name}-{role}",
        now=clock.now(),
    )
    person.secrets["appeal"] = f"Recours-canari-{side.name}-{role}"
    side.things["appeal"][role] = appeal
    side.things["case"][role] = appeal_case_of(person)


def appeal_case_of(person: Person) -> Case:
    """Return a decided case about *person*'s account."""
    case = Case(
        queue=Case.Queue.REPORTS,
        kind="user_report",
        subject=f"user:{person.id}",
        title="Compte signalé",
    )
    case.save()
    return case
