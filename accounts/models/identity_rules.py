"""What the database holds of every identity check, whoever writes the row."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models.document_kinds import DocumentKind, Purpose

DIGEST_OR_NOTHING = r"^([0-9a-f]{64})?$"

CONSTRAINTS: tuple[models.BaseConstraint, ...] = (
    models.UniqueConstraint(
        fields=["person", "document_kind"],
        condition=Q(status__in=("submitted", "suspected")),
        name="accounts_identity_one_waiting",
    ),
    models.UniqueConstraint(
        fields=["person", "document_kind", "role"],
        # Somebody may own several homes, each with its paper.
        condition=Q(status="accepted") & ~Q(purpose="ownership"),
        name="accounts_identity_one_accepted",
    ),
    models.CheckConstraint(
        condition=Q(document_kind__in=DocumentKind.values),
        name="accounts_identity_document",
    ),
    models.CheckConstraint(
        condition=Q(purpose__in=Purpose.values),
        name="accounts_identity_purpose",
    ),
    models.CheckConstraint(
        condition=Q(role__in=("", "tenant", "landlord", "provider")),
        name="accounts_identity_role",
    ),
    models.CheckConstraint(
        condition=Q(number="", number_digest="", digits_digest="")
        | (~Q(number="") & ~Q(number_digest="")),
        name="accounts_identity_number_with_digest",
    ),
    models.CheckConstraint(
        condition=Q(number_digest__regex=DIGEST_OR_NOTHING)
        & Q(digits_digest__regex=DIGEST_OR_NOTHING)
        & Q(file_digest__regex=DIGEST_OR_NOTHING)
        & Q(back_file_digest__regex=DIGEST_OR_NOTHING),
        name="accounts_identity_digests",
    ),
    models.CheckConstraint(
        condition=Q(back_upload_id=None) | ~Q(back_upload_id=F("upload_id")),
        name="accounts_identity_two_sides",
    ),
    models.CheckConstraint(
        condition=Q(status="submitted", reason="", decided_by=None, decided_at=None)
        | Q(status="withdrawn", decided_by=None, decided_at=None)
        | (
            Q(
                status="suspected",
                suspected_by__isnull=False,
                decided_by=None,
                decided_at=None,
            )
            & ~Q(reason="")
        )
        | Q(
            status__in=("accepted", "expired"),
            decided_by__isnull=False,
            decided_at__isnull=False,
        )
        | (
            Q(
                status__in=("unreadable", "refused", "fraud", "revoked"),
                decided_by__isnull=False,
                decided_at__isnull=False,
            )
            & ~Q(reason="")
            & ~Q(reason_code="")
        ),
        name="accounts_identity_decided_is_whole",
    ),
    models.CheckConstraint(
        condition=(Q(decided_by=None) | ~Q(decided_by=F("person")))
        & (Q(vouched_by=None) | ~Q(vouched_by=F("person")))
        & (Q(doubted_by=None) | ~Q(doubted_by=F("person")))
        & (Q(revoked_by=None) | ~Q(revoked_by=F("person"))),
        name="accounts_identity_not_by_oneself",
    ),
    models.CheckConstraint(
        condition=Q(vouched_by=None)
        | Q(status="submitted")
        | (
            Q(status__in=("accepted", "expired", "revoked"))
            & ~Q(vouched_by=F("decided_by"))
        ),
        name="accounts_identity_vouched_by_another",
    ),
    models.CheckConstraint(
        condition=Q(doubted_by=None)
        | (Q(status__in=("accepted", "revoked")) & ~Q(reason="") & ~Q(reason_code="")),
        name="accounts_identity_doubt_says_why",
    ),
    models.CheckConstraint(
        condition=Q(
            status="revoked", revoked_by__isnull=False, revoked_at__isnull=False
        )
        & (Q(doubted_by=None) | ~Q(revoked_by=F("doubted_by")))
        | ~Q(status="revoked") & Q(revoked_by=None, revoked_at=None),
        name="accounts_identity_revoked_is_whole",
    ),
    models.CheckConstraint(
        condition=~Q(status="fraud")
        | (Q(suspected_by__isnull=False) & ~Q(suspected_by=F("decided_by"))),
        name="accounts_identity_fraud_by_two",
    ),
    models.CheckConstraint(
        condition=Q(status="expired") & ~Q(end_cause="")
        | ~Q(status="expired") & Q(end_cause=""),
        name="accounts_identity_expired_says_why",
    ),
    models.CheckConstraint(
        condition=Q(files_deleted_at=None) | ~Q(status__in=("submitted", "suspected")),
        name="accounts_identity_files_while_waiting",
    ),
)
