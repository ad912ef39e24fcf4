"""A landlord is suspended over a report, appeals, and is given back what was taken."""

from __future__ import annotations

from typing import Any

from deploy.demo.backoffice import LEAD, MODERATOR, Browser, decisions_on, enter, row_in
from deploy.demo.client import Refused, Unexpected, expect, wait_for
from deploy.demo.journey import Journey, Told
from deploy.demo.people import Person, sign_in, sign_up
from deploy.demo.steps.listing import draw_photos, register_home, submit
from deploy.demo.steps.moderating import publish_in

CASES = "/admin/accounts/case/"
APPEALS = "/admin/accounts/appeal/"
NOTICE = "Une annonce demande de payer avant la visite."


def suspend_and_appeal(journey: Journey) -> Told:
    """Report a listing, suspend its owner; another colleague grants the appeal."""
    moderator = enter(journey.addresses.public, MODERATOR)
    other = _another_landlord(journey, moderator)
    owner, listing = other.landlord, f"listings/{other.listing['id']}"
    path = _report(journey, other, moderator)
    moderator.send(
        decisions_on(moderator.open(path))["sanction"],
        kind="suspend",
        grounds="off_platform",
        days="7",
        notice=NOTICE,
        reason="Le signalement est précis.",
    )
    status = owner.api.status_of("me")
    expect(status == 401, f"a suspended landlord's session answers {status}")
    _wait_status(journey, listing, 404)
    refused = _refused_sign_in(journey, owner)
    expect(refused.problem.get("reason") == NOTICE, "the refusal does not say why")
    appeal = journey.anonymous.post(
        "appeals",
        {
            "appeal_token": refused.problem["appeal_token"],
            "words": "Je ne demande rien avant la visite : relisez l’annonce.",
        },
    )
    page = f"{APPEALS}{appeal['id']}/change/"
    _is_shut(moderator, page)
    lead = enter(journey.addresses.public, LEAD)
    answer = "L’annonce ne demande rien avant la visite."
    lead.send(decisions_on(lead.open(page))["overturn"], reason=answer)
    _wait_status(journey, listing, 200)
    moderator.send(decisions_on(moderator.open(path))["no-action"], reason=answer)
    _back_at_home(journey, owner, appeal["id"])
    owner.api.post(f"{listing}/pause")  # the next journeys need the place
    return [
        "reported and suspended: signed out, the listing a 404",
        f"signing in: {refused.code}, with the reason and a token for the appeal",
        "the appeal is shut to who suspended; another lifts it: the listing is back",
    ]


def _another_landlord(journey: Journey, moderator: Browser) -> Journey:
    """Return a journey of somebody else's, whose listing is published."""
    other = Journey(journey.addresses, tenant=journey.tenant)
    other.landlord = sign_up(journey.addresses, name="Rachidi Bello")
    other.landlord.api.post("me/roles", {"role": "landlord"})
    register_home(other)
    draw_photos(other)
    submit(other)
    publish_in(moderator, other)
    return other


def _report(journey: Journey, other: Journey, moderator: Browser) -> str:
    """Report the other's listing; return where the case is in the back-office."""
    subject = f"listing:{other.listing['id']}"
    detail = "Il demande un acompte par MoMo avant la visite."
    body = {"subject": subject, "reason": "off_platform", "detail": detail}
    journey.tenant.api.post("reports", body)

    def opened() -> str | None:
        try:
            return row_in(moderator.open(f"{CASES}?queue=reports&q={subject}"), CASES)
        except Unexpected:
            return None

    case_id = wait_for("the case about the report", opened, seconds=20, pause=1)
    return f"{CASES}{case_id}/change/"


def _wait_status(journey: Journey, path: str, status: int) -> None:
    def look() -> bool | None:
        return True if journey.anonymous.status_of(path) == status else None

    wait_for(f"{path} to answer {status}", look, seconds=20)


def _refused_sign_in(journey: Journey, person: Person) -> Refused:
    device = person.api.headers["lokahome-device"]
    try:
        sign_in(journey.addresses, person.phone, device=device)
    except Refused as refused:
        expect(refused.code == "account.suspended", f"refused with {refused.code}")
        return refused
    raise Unexpected("a suspended landlord signed in")


def _is_shut(browser: Browser, page: str) -> None:
    try:
        browser.open(page)
    except Refused as refused:
        expect(refused.status == 403, f"{page} answers {refused.status}")
        return
    raise Unexpected("who decided first may look at the appeal")


def _back_at_home(journey: Journey, person: Person, appeal_id: str) -> None:
    """Sign in again on the same phone, and read what became of the appeal."""
    device = person.api.headers["lokahome-device"]
    session: dict[str, Any] = sign_in(journey.addresses, person.phone, device=device)
    person.api.carry("Authorization", f"Bearer {session['access']}")
    now = person.api.get(f"appeals/{appeal_id}")["status"]
    expect(now == "overturned", f"the appeal is {now}")
