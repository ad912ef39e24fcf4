"""Providers, requests, quotes and jobs for tests: made by the services, as people would."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from django.contrib.gis.geos import Point
from django.db import connection

from accounts.models import User
from lokahome.core import clock
from lokahome.core.events.delivering import claim, run_batch
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.invariants import INVARIANTS, check_invariants
from marketplace.models import Job, ProviderProfile, Quote, Review, ServiceRequest
from marketplace.queries.jobs import code_of
from marketplace.services.acceptance import accept_quote
from marketplace.services.categories import load_categories
from marketplace.services.funding import fund_job
from marketplace.services.jobs import approve_job, deliver_job, start_job
from marketplace.services.providers import offer_services
from marketplace.services.quotes import Line, send_quote
from marketplace.services.requests import open_request
from marketplace.services.reviews import write_review
from payments.gateways.base import ChargeEvidence, EvidenceStatus
from payments.models import Charge, Transfer
from payments.services.settlement import settle_charge
from properties.tests import factories as homes

COTONOU = homes.COTONOU
PARAKOU = (2.6303, 9.3372)
LINES = (
    Line("labour", "Réparer la fuite sous l’évier", 15_000),
    Line("materials", "Siphon et joints", 6_500),
    Line("transport", "Déplacement", 2_000),
)
PRICE = 23_500
_gateway_ids = itertools.count(5001)


def here(lng: float, lat: float) -> Point:
    """Return a WGS 84 point."""
    return Point(lng, lat, srid=4326)


def metres_east(at: tuple[float, float], metres: float) -> tuple[float, float]:
    """Return the place *metres* east of *at*."""
    from properties.models.geo import to_degrees, to_metres

    east, north = to_metres(*at)
    return to_degrees(east + metres, north)


def provider(person: User, **values) -> ProviderProfile:
    """Return the profile of a plumber at Cadjèhoun, 10 km around."""
    load_categories()
    values = {
        "display_name": "Plomberie Adjovi",
        "category_slugs": ["plumbing"],
        "base_point": here(*values.pop("at", COTONOU)),
        "radius_m": 10_000,
        **values,
    }
    return offer_services(person=person, now=clock.now(), **values)


def request(person: User, **values) -> ServiceRequest:
    """Return an open request for a leak at Cadjèhoun."""
    load_categories()
    values = {
        "category_slug": "leak",
        "title": "Fuite sous l’évier",
        "point": here(*values.pop("at", COTONOU)),
        "directions": "Deuxième von à droite, portail bleu",
        "now": clock.now(),
        **values,
    }
    if "unit_id" not in values:
        values.setdefault("division_id", homes.division().pk)
    return open_request(requester=person, **values)


def quote(person: User, row: ServiceRequest, lines=LINES, **values) -> Quote:
    """Return a quote of *person*, who has a profile that serves *row*."""
    values.setdefault("now", clock.now())
    return send_quote(request_id=row.pk, provider=person, lines=lines, **values)


def accepted(customer: User, worker: User, **values) -> Job:
    """Return a job that nobody paid for yet; the worker gets a profile if needed."""
    if not ProviderProfile.objects.filter(person=worker).exists():
        provider(worker)
    row = values.pop("request", None) or request(customer)
    sent = quote(worker, row, **values)
    return accept_quote(quote_id=sent.pk, requester=customer, now=clock.now())


def asked(job: Job, **values) -> Charge:
    """Return a charge asked of the customer for the price."""
    values.setdefault("now", clock.now())
    return fund_job(job_id=job.pk, payer=job.customer, **values)


def captured(charge: Charge) -> Charge:
    """Let the gateway say that the money of *charge* was taken."""
    evidence = ChargeEvidence(
        gateway_id=str(next(_gateway_ids)),
        reference=charge.reference,
        status=EvidenceStatus.PAID,
        raw_status="approved",
        amount=charge.amount,
        currency=charge.currency,
        fee=None,
        approved_at=clock.now(),
    )
    return settle_charge(charge_id=charge.pk, evidence=evidence, now=clock.now())


def tell() -> None:
    """Deliver every fact that waits in the lane of pure state changes; all must do."""
    while True:
        token, ids = claim("state", limit=100)
        if not ids:
            break
        run_batch(token, ids)
    waiting = Delivery.objects.filter(lane="state", status=Delivery.Status.WAITING)
    assert [(row.subscriber, row.last_error) for row in waiting] == []


def funded(customer: User, worker: User, **values) -> Job:
    """Return a job whose price is held."""
    job = accepted(customer, worker, **values)
    captured(asked(job))
    tell()
    job.refresh_from_db()
    assert job.status == Job.Status.FUNDED
    return job


def started(customer: User, worker: User, **values) -> Job:
    """Return a job under way."""
    job = funded(customer, worker, **values)
    return start_job(
        job_id=job.pk, provider=worker, code=code_of(job, "start"), now=clock.now()
    )


def photo_of(worker: User):
    """Return the id of a whole upload of *worker*."""
    return homes.upload(worker, homes.jpeg(160, 120)).pk


def delivered(customer: User, worker: User, **values) -> Job:
    """Return a job that waits for approval."""
    job = started(customer, worker, **values)
    return deliver_job(
        job_id=job.pk,
        provider=worker,
        code=code_of(job, "finish"),
        upload_ids=[photo_of(worker)],
        now=clock.now(),
    )


def closed(customer: User, worker: User, **values) -> Job:
    """Return a job that was approved and whose money was split."""
    job = delivered(customer, worker, **values)
    approve_job(job_id=job.pk, customer=customer, now=clock.now())
    tell()
    job.refresh_from_db()
    assert job.status == Job.Status.CLOSED
    return job


def review(author: User, job: Job, rating: int = 5, **values) -> Review:
    """Return what *author* says of the other party."""
    values = {"text": "Travail propre, à l’heure.", "now": clock.now(), **values}
    return write_review(job_id=job.pk, author=author, rating=rating, **values)


def facts(*names: str) -> list[dict]:
    """Return the payloads of this app's facts called *names*, oldest first."""
    wanted = [f"marketplace.{name}" for name in names]
    rows = OutboxEvent.objects.filter(name__in=wanted).order_by("id")
    return list(rows.values_list("payload", flat=True))


def refunds() -> list[int]:
    """Return the amounts that are on their way back to payers, oldest first."""
    rows = Transfer.objects.filter(kind="refund").order_by("id")
    return list(rows.values_list("amount", flat=True))


def snapshot() -> tuple:
    """Return everything that a refusal must leave as it was."""
    models = (ServiceRequest, Quote, Job, Review, ProviderProfile, Charge, Transfer)
    return (
        *(list(model.objects.order_by("pk").values()) for model in models),
        OutboxEvent.objects.count(),
        Delivery.objects.count(),
    )


def hours(number: float) -> timedelta:
    """Return *number* hours."""
    return timedelta(hours=number)


def in_hours(number: float) -> datetime:
    """Return the moment *number* hours from now."""
    return clock.now() + hours(number)


NOT_OURS = {"charge.end_rests_on_evidence", "outbox.deliveries_move"}
"""`captured` settles without a call to a gateway; travellers leave facts in the future."""


def broken() -> list:
    """Return what breaks a claim of any app, checked now and not at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return check_invariants(sorted(set(INVARIANTS) - NOT_OURS))
