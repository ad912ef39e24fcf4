"""A moderator in the back-office, as a browser: queue, page, decision."""

from __future__ import annotations

from deploy.demo.backoffice import MODERATOR, Browser, decisions_on, enter
from deploy.demo.client import expect
from deploy.demo.journey import Journey, Told
from deploy.demo.people import Phone


def publish(journey: Journey) -> Told:
    """Log in by the admin's form, open the listing, and decide to publish it."""
    return publish_in(enter(journey.addresses.public, MODERATOR), journey)


def publish_in(browser: Browser, journey: Journey) -> Told:
    """Open the journey's listing in a moderator's *browser*, and decide to publish it."""
    path = f"/admin/properties/listing/{journey.listing['id']}/change/"
    queue = browser.open("/admin/properties/listing/")
    decisions = decisions_on(browser.open(path))
    expect("publish" in decisions, f"the page offers only {sorted(decisions)}")
    expect("version" in decisions["publish"].fields, "no version in it")
    browser.send(decisions["publish"])
    listing = journey.anonymous.get(f"listings/{journey.listing['id']}")
    expect(listing["status"] == "published", f"the listing is {listing['status']}")
    journey.listing = listing
    sms = Phone(journey.addresses, journey.landlord.phone).wait("est en ligne")
    return [
        f"the queue shows it: {journey.listing['id'] in queue}; decisions: "
        + ", ".join(decisions),
        f"SMS to the landlord: “{sms}”",
    ]
