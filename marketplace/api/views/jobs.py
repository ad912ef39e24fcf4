"""Jobs: paying, starting, delivering, approving, contesting, giving up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lokahome.core import clock
from lokahome.core.api.conditional import answer
from lokahome.core.api.idempotency import idempotent
from lokahome.core.api.viewsets import ReadViewSet
from marketplace.api.filters import JobFilter
from marketplace.api.serializers.jobs import (
    CodeInputSerializer,
    CodeRenewalSerializer,
    DisputeInputSerializer,
    JobPaymentInputSerializer,
    JobPhotoInputSerializer,
    JobPhotoSerializer,
    JobSerializer,
)
from marketplace.models import Job, Review
from marketplace.policies import roles_on_job
from marketplace.services.cancelling import cancel_job
from marketplace.services.codes import renew_code
from marketplace.services.disputes import dispute_job
from marketplace.services.funding import fund_job
from marketplace.services.job_photos import add_job_photo
from marketplace.services.jobs import approve_job, deliver_job, start_job
from payments.api.serializers.payments import PaymentSerializer
from properties.api.serializers.applications import ReasonSerializer
from properties.api.views.shared import (
    IDEMPOTENCY_KEY,
    read,
    require_role,
    signed_in,
)


def with_people(queryset: QuerySet[Any], reader: Any) -> QuerySet[Any]:
    """Join what a job's answer names, and what the reader wrote of it."""
    joined = queryset.select_related(
        "request__category",
        "request__division",
        "request__landmark",
        "customer",
        "occupant",
        "provider__provider_profile",
    )
    own = Review.objects.filter(author_id=reader.pk)
    return joined.prefetch_related(
        "photos", Prefetch("reviews", own, to_attr="own_reviews")
    )


def job_for(reader: Any, pk: UUID) -> Job:
    """Return the job as *reader* is shown it."""
    row: Job = with_people(Job.objects.visible_to(reader), reader).get(pk=pk)
    return row


@extend_schema_view(
    list=extend_schema(operation_id="job_list", summary="List one's jobs"),
    retrieve=extend_schema(operation_id="job_retrieve", summary="Read a job"),
)
class JobViewSet(ReadViewSet):
    """Jobs: seen by their customer, their provider and who is on site."""

    model = Job
    serializer_class = JobSerializer
    open_to_restricted = True
    filterset_class = JobFilter

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Join what the answer names."""
        return with_people(queryset, self.request.user)

    def as_party(self, *roles: str) -> None:
        """Raise NotFound for strangers, NotAllowed for who has none of *roles*."""
        held = roles_on_job(self.request.user, self.visible())
        require_role(True, {role in held for role in roles})

    def fresh(self, pk: UUID) -> Response:
        """Return the job as it is now, with its ETag."""
        row = self.visible(pk)
        return answer(row, self.request, self.get_serializer(row).data)

    @extend_schema(
        operation_id="job_payment_create",
        summary="Pay for a job by mobile money",
        parameters=[IDEMPOTENCY_KEY],
        request=JobPaymentInputSerializer,
        responses={202: PaymentSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent()
    def payments(self, request: Request, pk: UUID) -> Response:
        """Ask the customer's wallet for the price; it is held until approval."""
        values = read(JobPaymentInputSerializer, request)
        charge = fund_job(
            job_id=pk,
            payer=signed_in(request),
            payment_id=values.pop("id", None),
            now=clock.now(),
            **values,
        )
        headers = {"Location": reverse("payments-detail", args=[charge.pk])}
        body = PaymentSerializer(charge, context=self.get_serializer_context()).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers=headers)

    # A wrong code is counted although it is refused, so these two commit by themselves
    # and take no key: done once, the same call again changes nothing.
    @extend_schema(
        operation_id="job_start",
        summary="Begin, with the code that is told on site",
        request=CodeInputSerializer,
        responses={200: JobSerializer},
    )
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: UUID) -> Response:
        """Begin, as the provider; five wrong codes lock it."""
        values = read(CodeInputSerializer, request)
        self.as_party("provider")
        start_job(job_id=pk, provider=signed_in(request), now=clock.now(), **values)
        return self.fresh(pk)

    @extend_schema(
        operation_id="job_deliver",
        summary="Hand over, with the finish code and pictures",
        request=CodeInputSerializer,
        responses={200: JobSerializer},
    )
    @action(detail=True, methods=["post"])
    def delivery(self, request: Request, pk: UUID) -> Response:
        """Hand over, as the provider; silence of 72 hours then approves."""
        values = read(CodeInputSerializer, request)
        self.as_party("provider")
        deliver_job(job_id=pk, provider=signed_in(request), now=clock.now(), **values)
        return self.fresh(pk)

    @extend_schema(
        operation_id="job_approve",
        summary="Approve the work; the provider is paid",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: JobSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent()
    def approval(self, request: Request, pk: UUID) -> Response:
        """Approve it, as the customer."""
        self.as_party("customer")
        approve_job(job_id=pk, customer=signed_in(request), now=clock.now())
        return self.fresh(pk)

    @extend_schema(
        operation_id="job_dispute",
        summary="Contest a job; staff decide how the money is split",
        parameters=[IDEMPOTENCY_KEY],
        request=DisputeInputSerializer,
        responses={200: JobSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent()
    def dispute(self, request: Request, pk: UUID) -> Response:
        """Contest it, as customer or provider; the money stays held."""
        values = read(DisputeInputSerializer, request)
        self.as_party("customer", "provider")
        dispute_job(job_id=pk, person=signed_in(request), now=clock.now(), **values)
        return self.fresh(pk)

    @extend_schema(
        operation_id="job_cancel",
        summary="Give a job up, at what `cancellation_terms` say",
        parameters=[IDEMPOTENCY_KEY],
        request=ReasonSerializer,
        responses={200: JobSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent()
    def cancellation(self, request: Request, pk: UUID) -> Response:
        """Give it up, as customer or provider."""
        values = read(ReasonSerializer, request)
        self.as_party("customer", "provider")
        cancel_job(job_id=pk, person=signed_in(request), now=clock.now(), **values)
        return self.fresh(pk)

    @extend_schema(
        operation_id="job_code_renew",
        summary="Make a new code; the old one is worth nothing",
        request=CodeRenewalSerializer,
        responses={200: JobSerializer},
    )
    @action(detail=True, methods=["post"])
    def codes(self, request: Request, pk: UUID) -> Response:
        """Renew the code that matters now, as the customer."""
        values = read(CodeRenewalSerializer, request)
        self.as_party("customer")
        renew_code(job_id=pk, person=signed_in(request), now=clock.now(), **values)
        return self.fresh(pk)

    @extend_schema(
        operation_id="job_photo_create",
        summary="Attach an upload as a picture of the work",
        request=JobPhotoInputSerializer,
        responses={201: JobPhotoSerializer},
    )
    @action(detail=True, methods=["post"])
    def photos(self, request: Request, pk: UUID) -> Response:
        """Attach it; the same upload again is the same picture."""
        values = read(JobPhotoInputSerializer, request)
        photo = add_job_photo(
            job_id=pk, person=signed_in(request), now=clock.now(), **values
        )
        data = JobPhotoSerializer(photo).data
        headers = {"Location": f"{request.path}/{photo.pk}"}
        return Response(data, status=status.HTTP_201_CREATED, headers=headers)
