"""What tests of sanctions and appeals share: who imposes, who answers, how it is asked."""

from __future__ import annotations

from datetime import timedelta

from accounts.models import Case, Sanction
from accounts.services.moderation.appeals import appeal_sanction
from accounts.services.moderation.cases import decide_case, open_case
from accounts.services.moderation.sanctions import approve_sanction, impose_sanction
from accounts.services.privacy.erasure import carry_out, request_erasure
from lokahome.core import clock
from lokahome.tests.people import make_staff


def leads(count: int = 2):
    """Return *count* leads: they approve, lift and answer appeals."""
    return [make_staff(f"lead{number}", "lead").user for number in range(count)]


def reported(person) -> Case:
    """Return the open case about what people reported of *person*."""
    return open_case(
        kind="user_report",
        queue="reports",
        subject=f"user:{person.pk}",
        title="Personne signalée",
        evidence={},
        now=clock.now(),
    )


def impose(person, actor, **values) -> Sanction:
    """Return a new sanction of *person*, a week's suspension unless said otherwise.

    It follows from a report, as one that a single person decides has to; with
    ``case_id=None`` from nothing.
    """
    if "case_id" not in values:
        values["case_id"] = reported(person).pk
    return impose_sanction(
        **{
            "person_id": person.pk,
            "kind": "suspend",
            "reason": "scam",
            "words": "Trois signalements concordants",
            "notice": "Vous avez demandé un paiement hors de LOKAHOME.",
            "days": 7,
            "actor": actor,
            "now": clock.now(),
            **values,
        }
    )


def ban(person, actor, second) -> Sanction:
    """Return a ban of *person* that two people decided."""
    proposed = impose(person, actor, kind="ban", days=None)
    return approve_sanction(
        sanction_id=proposed.pk,
        reason="D’accord avec la proposition",
        actor=second,
        now=clock.now(),
    )


def appeal(person, sanction, **values):
    """Return the appeal of *person* against *sanction*."""
    filed, _is_new = appeal_sanction(
        **{
            "person_id": person.pk,
            "sanction_id": sanction.pk,
            "words": "Ce n’était pas moi",
            "now": clock.now(),
            **values,
        }
    )
    return filed


def ban_without_case(person, *actors) -> Sanction:
    """Return a ban of *person*, the case that it follows from being decided."""
    made = ban(person, *actors)
    for case in Case.objects.open():
        close(case)
    return made


def close(case: Case) -> None:
    """Decide *case*: there is nothing to do."""
    decide_case(
        case_id=case.pk,
        decision="no_action",
        reason="Rien.",
        actor=None,
        now=clock.now(),
    )


def erase(person) -> None:
    """Ask for it, wait, and carry it out."""
    asked = request_erasure(person_id=person.pk, now=clock.now())
    assert asked.status == "scheduled", asked.obstacles
    assert carry_out(request_id=asked.pk, now=clock.now() + timedelta(days=7))
    person.refresh_from_db()
    assert person.erased_at is not None
