"""Groups of the staff, and what each may do in the back-office."""

from __future__ import annotations

from fnmatch import fnmatchcase

from django.contrib.auth.models import Group, Permission
from django.db import transaction

STAFF_GROUPS: dict[str, tuple[str, ...]] = {
    "moderator": (
        "accounts.view_case",
        "accounts.view_user",
        "accounts.decide_listings_case",
        "accounts.decide_disputes_case",
        "accounts.decide_reports_case",
        "accounts.impose_sanction",
        "accounts.view_report",
        "accounts.view_sanction",
        "marketplace.*",
        "messaging.view_case_conversation",
        "properties.*",
    ),
    "identity_checker": (
        "accounts.view_case",
        "accounts.view_user",
        "accounts.decide_agency",
        "accounts.decide_identities_case",
        "accounts.decide_identity_check",
        "accounts.impose_sanction",
        "accounts.reveal_person",
        "accounts.view_agency",
        "accounts.view_agencyinvitation",
        "accounts.view_identitycheck",
        "accounts.view_membership",
        "accounts.view_rolegrant",
        "accounts.view_sanction",
    ),
    "support": (
        "accounts.view_*",
        "accounts.end_session",
        "accounts.lift_phone_loss",
        "accounts.open_sign_in_notice",
        "accounts.reveal_person",
        "marketplace.view_*",
        "properties.view_*",
        "payments.view_charge",
        "messaging.view_outgoingmessage",
        "messaging.view_inboundsms",
        "messaging.resend_outgoingmessage",
    ),
    "finance_maker": (
        "accounts.view_case",
        "accounts.view_user",
        "accounts.decide_payments_case",
        "payments.view_*",
        "payments.recheck_charge",
        "payments.recheck_transfer",
        "payments.propose_transfer",
        "core.view_sealeddocument",
    ),
    "finance_checker": (
        "accounts.view_case",
        "accounts.view_user",
        "payments.view_*",
        "payments.approve_transfer",
    ),
    "lead": (
        "accounts.view_*",
        "accounts.*_sanction",
        "accounts.assign_case",
        "accounts.decide_appeals_case",
        "accounts.decide_erasurerequest",
        "accounts.end_session",
        "accounts.manage_staff",
        "accounts.reveal_person",
        "core.view_audit*",
        "marketplace.view_*",
        "properties.view_*",
    ),
    "auditor": (
        "accounts.view_*",
        "core.view_*",
        "marketplace.view_*",
        "payments.view_*",
        "properties.view_*",
    ),
    "operator": (
        "accounts.view_codespending",
        "core.*",
        "django_celery_beat.*_periodictask",
        "django_celery_beat.*_intervalschedule",
        "django_celery_beat.*_crontabschedule",
        "messaging.view_inboundsms",
        "messaging.view_outgoingmessage",
        "messaging.resend_outgoingmessage",
        "payments.view_gateway*",
    ),
}
"""Group -> patterns of ``app.permission``. Names of upper apps are data here: a pattern
takes in the tables and the decisions that an app adds."""
EDITABLE_APPS = frozenset({"django_celery_beat"})


def matching(patterns: tuple[str, ...], names: set[str]) -> set[str]:
    """Return the permission *names* that one of *patterns* takes in.

    Add, change and delete are never among them, but for periodic jobs: staff decides
    about what people wrote, it does not edit it.
    """
    return {
        name
        for name in names
        if any(fnmatchcase(name, item) for item in patterns) and not _edits(name)
    }


def _edits(name: str) -> bool:
    app, _dot, codename = name.partition(".")
    verb = codename.partition("_")[0]
    return verb in {"add", "change", "delete"} and app not in EDITABLE_APPS


@transaction.atomic
def ensure_groups() -> list[Group]:
    """Make each group hold exactly its permissions, and return the groups.

    Idempotent; run after `migrate`, which makes the permissions.
    """
    known = {
        f"{item.content_type.app_label}.{item.codename}": item
        for item in Permission.objects.select_related("content_type")
    }
    groups = []
    for name, patterns in STAFF_GROUPS.items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.set([known[item] for item in matching(patterns, set(known))])
        groups.append(group)
    return groups
