"""Identity checks: a document that somebody sent, and what staff found."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.document_kinds import DocumentKind, Purpose, number_family
from accounts.models.identity_rules import CONSTRAINTS
from accounts.models.role_grant import RoleGrant
from lokahome.core.crypto.fields import EncryptedTextField
from lokahome.core.crypto.lookups import keyed_digest
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge

OTHERWISE = ("unreadable", "refused", "fraud", "revoked", "withdrawn")
"""States of documents that prove nothing, and were not found good to the end."""
DIGITS = 4
"""How many of the last digits a sign-in may ask for."""


def number_digest(kind: str, number: str) -> str:
    """Return the digest by which *number* (written plainly) is found on any account."""
    if not number:
        return ""
    return keyed_digest(f"{number_family(kind)}:{number}", purpose="document_number")


def file_digest(sha256: str) -> str:
    """Return the digest by which a picture of *sha256* is found on any account."""
    return keyed_digest(sha256, purpose="document_file") if sha256 else ""


def digits_digest(person_id: UUID, digits: str) -> str:
    """Return the digest of the last four *digits* of one person's document."""
    return keyed_digest(f"{person_id}:{digits}", purpose="document_digits")


def last_digits(number: str) -> str:
    """Return the last four digits of *number*, empty when it has fewer."""
    digits = "".join(letter for letter in number if letter in "0123456789")
    return digits[-DIGITS:] if len(digits) >= DIGITS else ""


class IdentityCheckQuerySet(VisibleQuerySet["IdentityCheck"]):
    """Checks, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own checks; staff reads others' in admin."""
        return self.filter(person_id=user.pk) if user.is_authenticated else self.none()

    def waiting(self) -> Self:
        """Return the checks that wait for a decision, the second one included."""
        return self.filter(status__in=WAITING)

    def accepted(self) -> Self:
        """Return the checks that prove something today."""
        return self.filter(status=IdentityCheck.Status.ACCEPTED)

    def run_out(self, today: date) -> Self:
        """Return accepted documents that were valid until a day before *today*."""
        return self.accepted().filter(expires_on__lt=today)

    def found_good_before(self, moment: datetime) -> Self:
        """Return documents with files that were accepted before *moment*."""
        accepted = self.filter(status__in=("accepted", "expired"))
        return accepted.filter(decided_at__lt=moment, files_deleted_at=None)

    def found_wanting_before(self, moment: datetime) -> Self:
        """Return documents with files that ended otherwise before *moment*."""
        ended = self.filter(status__in=OTHERWISE)
        return ended.filter(updated_at__lt=moment, files_deleted_at=None)


class IdentityCheck(VersionedModel):
    """One document of one person. Its files are read by reviewers only."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("À vérifier")
        SUSPECTED = "suspected", _("Fraude à confirmer")
        ACCEPTED = "accepted", _("Validée")
        UNREADABLE = "unreadable", _("Illisible")
        REFUSED = "refused", _("Refusée")
        FRAUD = "fraud", _("Fraude confirmée")
        EXPIRED = "expired", _("Expirée")
        REVOKED = "revoked", _("Validation retirée")
        WITHDRAWN = "withdrawn", _("Retirée")

    class ReasonCode(models.TextChoices):
        BLURRED = "blurred", _("Photo floue ou reflet")
        CUT = "cut", _("Pièce coupée")
        SIDE_MISSING = "side_missing", _("Il manque un côté")
        OUT_OF_DATE = "out_of_date", _("Pièce périmée")
        OTHER_NAME = "other_name", _("Nom différent de celui du compte")
        OTHER_NUMBER = "other_number", _("Numéro différent de celui saisi")
        NOT_TAKEN = "not_taken", _("Pièce non acceptée")
        ALTERED = "altered", _("Image modifiée ou copie d’écran")
        NOT_THEIRS = "not_theirs", _("Pièce de quelqu’un d’autre")
        OTHER = "other", _("Autre")

    class EndCause(models.TextChoices):
        DATE = "date", _("Date de validité passée")
        SILENCE = "silence", _("Douze mois sans connexion")
        REPLACED = "replaced", _("Remplacée par une autre pièce")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="identity_checks",
        verbose_name=_("personne"),
    )
    purpose = models.CharField(
        _("ce qu’elle prouve"), max_length=12, choices=Purpose.choices
    )
    document_kind = models.CharField(
        _("nature de la pièce"), max_length=20, choices=DocumentKind.choices
    )
    role = models.CharField(
        _("rôle"), max_length=12, choices=RoleGrant.Role.choices, blank=True
    )
    """The hat that it is for; empty: all of them."""
    number = EncryptedTextField(
        _("numéro"), purpose="accounts.identity_number", blank=True
    )
    number_digest = models.CharField(
        _("empreinte du numéro"), max_length=64, blank=True
    )
    """By which the same number on another account is found."""
    digits_digest = models.CharField(
        _("empreinte des derniers chiffres"), max_length=64, blank=True
    )
    """Of the person and the last four digits: what a sign-in may ask for."""
    expires_on = models.DateField(_("valable jusqu’au"), null=True, blank=True)
    upload_id = models.UUIDField(_("recto"), unique=True)
    back_upload_id = models.UUIDField(_("verso"), unique=True, null=True, blank=True)
    file_digest = models.CharField(_("empreinte du recto"), max_length=64, blank=True)
    """By which the same picture is found again, also after the files were deleted."""
    back_file_digest = models.CharField(
        _("empreinte du verso"), max_length=64, blank=True
    )
    files_deleted_at = models.DateTimeField(
        _("fichiers supprimés le"), null=True, blank=True
    )
    status = models.CharField(
        _("état"), max_length=12, choices=Status.choices, default=Status.SUBMITTED
    )
    reason_code = models.CharField(
        _("nature du motif"), max_length=16, choices=ReasonCode.choices, blank=True
    )
    reason = models.CharField(_("motif"), max_length=500, blank=True)
    suspected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("fraude signalée par"),
    )
    vouched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("trouvée bonne par"),
    )
    """Who found it good first, where its number or its picture is on another account."""
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("décidé par"),
    )
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)
    doubted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mise en doute par"),
    )
    """Who asked that the acceptance be taken back; it counts until somebody agrees."""
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("validation retirée par"),
    )
    revoked_at = models.DateTimeField(_("validation retirée le"), null=True, blank=True)
    warned_at = models.DateTimeField(_("fin annoncée le"), null=True, blank=True)
    """When its person was told that it runs out soon."""
    end_cause = models.CharField(
        _("cause de la fin"), max_length=10, choices=EndCause.choices, blank=True
    )

    objects = IdentityCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("pièce à vérifier")
        verbose_name_plural = _("pièces à vérifier")
        indexes = (
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status__in=("submitted", "suspected")),
                name="accounts_identity_waiting",
            ),
            models.Index(fields=["person", "-id"], name="accounts_identity_own"),
            models.Index(
                fields=["number_digest"],
                condition=~Q(number_digest=""),
                name="accounts_identity_number",
            ),
            models.Index(
                fields=["file_digest"],
                condition=~Q(file_digest=""),
                name="accounts_identity_file",
            ),
            models.Index(
                fields=["back_file_digest"],
                condition=~Q(back_file_digest=""),
                name="accounts_identity_back_file",
            ),
            models.Index(
                fields=["expires_on"],
                condition=Q(status="accepted"),
                name="accounts_identity_run_out",
            ),
            models.Index(
                fields=["decided_at"],
                condition=Q(files_deleted_at=None),
                name="accounts_identity_with_files",
            ),
        )
        constraints = CONSTRAINTS
        permissions = (("decide_identity_check", "Peut vérifier les identités"),)

    def __str__(self) -> str:
        return str(self.get_document_kind_display())


WAITING = (IdentityCheck.Status.SUBMITTED, IdentityCheck.Status.SUSPECTED)
_STATES = IdentityCheck.Status

IDENTITY_STATES = StateMachine(
    "identitycheck",
    [
        edge(_STATES.SUBMITTED, "accept", "staff", _STATES.ACCEPTED),
        edge(_STATES.SUBMITTED, "find_unreadable", "staff", _STATES.UNREADABLE),
        edge(_STATES.SUBMITTED, "refuse", "staff", _STATES.REFUSED),
        edge(_STATES.SUBMITTED, "suspect", "staff", _STATES.SUSPECTED),
        edge(_STATES.SUBMITTED, "withdraw", "owner", _STATES.WITHDRAWN),
        edge(_STATES.SUBMITTED, "vouch", "staff", _STATES.SUBMITTED),
        edge(_STATES.SUSPECTED, "confirm_fraud", "staff", _STATES.FRAUD),
        edge(_STATES.SUSPECTED, "clear", "staff", _STATES.SUBMITTED),
        edge(_STATES.ACCEPTED, "doubt", "staff", _STATES.ACCEPTED),
        edge(_STATES.ACCEPTED, "keep", "staff system", _STATES.ACCEPTED),
        edge(_STATES.ACCEPTED, "revoke", "staff", _STATES.REVOKED),
        edge(_STATES.ACCEPTED, "expire", "system", _STATES.EXPIRED),
        # An appeal was won.
        edge(_STATES.FRAUD, "overturn", "system", _STATES.SUBMITTED),
        edge(_STATES.FRAUD, "set_aside", "system", _STATES.WITHDRAWN),
        edge(_STATES.REVOKED, "overturn", "system", _STATES.ACCEPTED),
        edge(_STATES.REVOKED, "replace", "system", _STATES.EXPIRED),
    ],
)
