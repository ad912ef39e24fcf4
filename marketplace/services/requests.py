"""Asking for a service, by oneself or to repair what a ticket tells of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.clock import local_day
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
    StateConflict,
)
from lokahome.core.events.outbox import append
from lokahome.core.ids import uuid7
from lokahome.core.limits import take
from marketplace.events import RequestCancelled, RequestExpired, RequestOpened
from marketplace.models import ServiceRequest
from marketplace.models.requests import SERVICE_REQUEST_STATES
from marketplace.policies import REQUEST_LIFETIME
from marketplace.services.answers import end_quotes_of
from marketplace.services.choosing import category_of, division_of, landmark_of
from marketplace.services.holding import hold_request, work_ref
from properties.models import Division, Landmark, Lease, Ticket, Unit
from properties.models.geo import blurred
from properties.services.inserting import insert
from properties.services.outline import require_in_benin
from properties.services.tickets import (
    LeaseNotRunning,
    begin_ticket,
    release_ticket,
)

REQUESTS_A_DAY = 20
DAYS_AHEAD = 180


class PayerUndecided(StateConflict):
    """Nobody said yet who pays for this repair."""

    code = "service_request.payer_undecided"
    title = gettext_lazy("Il n’est pas encore décidé qui paie cette réparation")


@dataclass(frozen=True, slots=True)
class _Place:
    point: Point
    division: Division
    landmark: Landmark | None
    directions: str
    unit: Unit | None


@transaction.atomic
def open_request(
    *,
    requester: User,
    category_slug: str,
    title: str,
    now: datetime,
    point: Point | None = None,
    division_id: UUID | None = None,
    landmark_id: UUID | None = None,
    directions: str = "",
    unit_id: UUID | None = None,
    description: str = "",
    wanted_on: date | None = None,
    request_id: UUID | None = None,
) -> ServiceRequest:
    """Ask for a service at a place; providers who serve it may quote for 14 days.

    The place is *unit_id*'s, of a home that *requester* owns, lives in or was accepted
    for, or else *point* (WGS 84) and *division_id*. Raises NotFound for another's unit,
    UnknownCategory, UnknownPlace, PinOutsideBenin, InvalidInput with every pointer,
    RateLimited beyond REQUESTS_A_DAY. Emits RequestOpened.
    """
    if unit_id is not None:
        unit = Unit.objects.visible_to(requester).select_related("property")
        place = _place_of(unit.filter(pk=unit_id).first())
    else:
        place = _place_at(point, division_id, landmark_id, directions)
    return _open(
        requester,
        place,
        category_slug=category_slug,
        title=title,
        description=description,
        wanted_on=wanted_on,
        request_id=request_id,
        now=now,
    )


@transaction.atomic
def open_request_from_ticket(
    *,
    ticket_id: UUID,
    requester: User,
    now: datetime,
    category_slug: str | None = None,
    title: str | None = None,
    description: str | None = None,
    wanted_on: date | None = None,
    request_id: UUID | None = None,
) -> ServiceRequest:
    """Ask for the repair that a ticket tells of, as the one who was decided to pay.

    The place is the home's; its tenant is on site when the landlord pays. Raises
    NotFound, LeaseNotRunning once somebody else may live there, PayerUndecided,
    NotAllowed for the party who does not pay, WorkUnderWay while another request repairs
    it. Locks the ticket, which is in progress from now
    on. Emits RequestOpened.
    """
    ticket = locked(Ticket.objects.visible_to(requester), ticket_id)
    if ticket.lease.status not in Lease.RUNNING_STATES:
        raise LeaseNotRunning
    if ticket.payer_person_id is None:
        raise PayerUndecided
    if ticket.payer_person_id != requester.pk:
        raise NotAllowed(_("C’est à celui qui paie de demander des devis."))
    row_id = request_id or uuid7()
    begin_ticket(ticket_id=ticket.pk, subject_ref=work_ref(row_id), now=now)
    unit = Unit.objects.select_related("property__division", "property__landmark")
    return _open(
        requester,
        _place_of(unit.get(pk=ticket.lease.unit_id)),
        category_slug=category_slug or ticket.category_slug,
        title=title or ticket.title,
        description=ticket.description if description is None else description,
        wanted_on=wanted_on,
        request_id=row_id,
        now=now,
        ticket=ticket,
    )


def _open(
    requester: User,
    place: _Place,
    *,
    category_slug: str,
    title: str,
    description: str,
    wanted_on: date | None,
    request_id: UUID | None,
    now: datetime,
    ticket: Ticket | None = None,
) -> ServiceRequest:
    category = category_of(category_slug)
    _check(title, wanted_on, local_day(now))
    day = timedelta(days=1)
    take("requests", str(requester.pk), limit=REQUESTS_A_DAY, window=day, now=now)
    row_id = request_id or uuid7()
    on_site = ticket.tenant_id if ticket else None
    request = ServiceRequest(
        id=row_id,
        requester=requester,
        occupant_id=on_site if on_site != requester.pk else None,
        ticket=ticket,
        unit=place.unit,
        category=category,
        title=title.strip()[:120],
        description=description,
        division=place.division,
        landmark=place.landmark,
        point=place.point,
        directions=place.directions,
        # A home has one public point, whoever publishes it and for whatever.
        public_point=blurred(place.point, place.unit.pk if place.unit else row_id),
        wanted_on=wanted_on,
        expires_at=now + REQUEST_LIFETIME,
    )
    insert(request)
    append(RequestOpened(request_id=request.pk, requester_id=requester.pk))
    return request


def _place_of(unit: Unit | None) -> _Place:
    if unit is None:
        raise NotFound
    home = unit.property
    return _Place(home.pin, home.division, home.landmark, home.path_text, unit)


def _place_at(
    point: Point | None,
    division_id: UUID | None,
    landmark_id: UUID | None,
    directions: str,
) -> _Place:
    if point is None or division_id is None:
        given = {"/point": point, "/division_id": division_id}
        raise InvalidInput(
            errors=[
                FieldError("required", _("Indiquez le lieu."), pointer)
                for pointer, value in given.items()
                if value is None
            ]
        )
    require_in_benin(point, pointer="/point")
    landmark = landmark_of(landmark_id)
    return _Place(point, division_of(division_id), landmark, directions, None)


def _check(title: str, wanted_on: date | None, today: date) -> None:
    failures = []
    if not title.strip():
        failures.append(FieldError("required", _("Indiquez un titre."), "/title"))
    if wanted_on is not None and not 0 <= (wanted_on - today).days <= DAYS_AHEAD:
        detail = _("Choisissez un jour des six mois qui viennent.")
        failures.append(FieldError("out_of_range", detail, "/wanted_on"))
    if failures:
        raise InvalidInput(errors=failures)


@transaction.atomic
def cancel_request(
    *, request_id: UUID, requester: User, now: datetime, reason: str = ""
) -> ServiceRequest:
    """Take one's request back before a quote is accepted; again changes nothing.

    Quotes that wait are declined, the ticket is free for another request. Raises
    NotFound, NotAllowed for who is only on site or quoted, TransitionRefused. Locks the
    ticket, the request, the quotes. Emits RequestCancelled, QuoteDeclined for each.
    """
    seen = ServiceRequest.objects.visible_to(requester).filter(pk=request_id).first()
    if seen is None:
        raise NotFound
    if seen.requester_id != requester.pk:
        raise NotAllowed
    request = hold_request(request_id)
    if request.status == ServiceRequest.Status.CANCELLED:
        return request
    _end(request, "cancel", requester.pk, now, reason.strip()[:500])
    end_quotes_of(request, "decline", now=now)
    append(RequestCancelled(request_id=request.pk, requester_id=requester.pk))
    return request


def expire_stale_requests(*, now: datetime) -> int:
    """Expire open requests whose time has passed, each by itself; return how many.

    Emits RequestExpired. Safe to run twice at once: the second finds nothing to do.
    """
    due = ServiceRequest.objects.open().filter(expires_at__lte=now)
    return sum(_expire(pk, now) for pk in list(due.values_list("pk", flat=True)))


@transaction.atomic
def _expire(request_id: UUID, now: datetime) -> bool:
    request = hold_request(request_id)
    if request.status != ServiceRequest.Status.OPEN:
        return False
    _end(request, "expire", None, now)
    end_quotes_of(request, "expire", now=now)
    append(RequestExpired(request_id=request.pk, requester_id=request.requester_id))
    return True


def _end(
    request: ServiceRequest,
    action: str,
    actor_id: UUID | None,
    now: datetime,
    reason: str = "",
) -> None:
    request.ended_at = now
    SERVICE_REQUEST_STATES.apply(
        request,
        action,
        who="requester" if actor_id else "system",
        actor_id=actor_id,
        now=now,
        reason=reason,
        update_fields=("ended_at",),
    )
    if request.ticket_id is not None:
        ticket_id, ref = request.ticket_id, work_ref(request.pk)
        release_ticket(ticket_id=ticket_id, subject_ref=ref, now=now)
