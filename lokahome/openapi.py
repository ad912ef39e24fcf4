"""The API's schema as drf-spectacular is told to write it."""

from __future__ import annotations

from typing import Any

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "LOKAHOME",
    "DESCRIPTION": "Trouver un logement au Bénin, le louer, le payer, l’entretenir.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.0.3",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "PREPROCESSING_HOOKS": ["lokahome.core.api.schema.only_the_api"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "lokahome.core.api.schema.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ApplicationStatus": "properties.models.Application.Status",
        "EntryCostKind": "properties.models.EntryCost.Kind",
        "IdentityCheckStatus": "accounts.models.IdentityCheck.Status",
        "IdentityDocumentKind": "accounts.models.DocumentKind",
        "JobCodeKind": "marketplace.api.serializers.jobs.CODE_KINDS",
        "JobParty": "marketplace.api.serializers.jobs.BY_WHOM",
        "JobPhotoMoment": "marketplace.models.JobPhoto.Moment",
        "JobStatus": "marketplace.models.Job.Status",
        "LeaseParty": "properties.models.LeaseSignature.Role",
        "LeaseStatus": "properties.models.Lease.Status",
        "ListingStatus": "properties.models.Listing.Status",
        "PaymentStatus": "payments.policies.PAYMENT_STATUSES",
        "PersonRole": "accounts.models.RoleGrant.Role",
        "PropertyKind": "properties.models.Property.Kind",
        "QuoteLineKind": "marketplace.models.QuoteLine.Kind",
        "QuoteStatus": "marketplace.models.Quote.Status",
        "RentPeriodStatus": "properties.models.RentPeriod.Status",
        "ReportReason": "accounts.models.Report.Reason",
        "ReviewRole": "marketplace.models.Review.Role",
        "ServiceRequestStatus": "marketplace.models.ServiceRequest.Status",
        "TicketPayer": "properties.api.serializers.tickets.PAYERS",
        "TicketStatus": "properties.models.Ticket.Status",
        "TransferStatus": "payments.models.TransferStatus",
        "UnitKind": "properties.models.Unit.Kind",
        "UploadKind": "lokahome.core.models.Upload.Kind",
        "UploadStatus": "lokahome.core.models.Upload.Status",
    },
}
