"""How long this app keeps what it needs no longer. The books are kept ten years."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from lokahome.core.privacy.retention import Retention, register_retention
from payments.models import GatewayNotice
from payments.services import notices


def _old_bodies(now: datetime) -> QuerySet[GatewayNotice]:
    return GatewayNotice.objects.filter(body_kept_until__lt=now).exclude(raw_body=b"")


def _forget_bodies(now: datetime) -> int:
    return notices.erase_old_bodies(now=now)


register_retention(
    Retention(
        name="payments.notice_bodies",
        what="webhooks as they came: a name and a number may be in them",
        kept=notices.BODY_KEPT,
        why="evidence while a payment can still be contested; the digest stays",
        due=_old_bodies,
        forget=_forget_bodies,
        job="payments.erase_old_notice_bodies",
    )
)
