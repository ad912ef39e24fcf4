"""What runs when. Rows of django-celery-beat, seeded from here, run from admin.

`seed` creates the rows that are missing and leaves those that an operator paused or
changed. `SoleScheduler` is the beat of which only one is active however many run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from lokahome.core.db.locks import advisory_key

log = structlog.get_logger(__name__)
SECONDS_BETWEEN_TRIES = 2.0


@dataclass(frozen=True, slots=True)
class Job:
    """One periodic job: its task, and how often it runs."""

    task: str
    every_seconds: int
    description: str


JOBS = (
    Job("payments.request_due_checks", 5, "Réinterroge les paiements en attente"),
    Job("payments.reconcile", 30, "Rapproche les paiements avec la passerelle"),
    Job("properties.open_rent_periods", 3600, "Ouvre les termes de loyer"),
    Job("messaging.send_held", 60, "Envoie les messages retenus la nuit"),
    Job("messaging.nudge_unread", 60, "Signale par SMS les messages non lus"),
    Job("messaging.erase_old_sms", 86_400, "Efface les vieux SMS reçus"),
    Job(
        "marketplace.approve_silent_deliveries",
        300,
        "Approuve les prestations livrées et jamais contestées",
    ),
    Job("marketplace.expire_stale", 600, "Ferme les devis et demandes périmés"),
    Job("marketplace.reveal_reviews", 3600, "Montre les avis arrivés à terme"),
    Job("core.check_invariants", 300, "Vérifie les invariants"),
    Job("accounts.carry_out_erasures", 3600, "Efface les comptes dont c’est le jour"),
    Job("core.retain", 86_400, "Applique les durées de conservation"),
    Job("core.seal_audit", 20, "Scelle le journal d’audit"),
    Job("core.verify_audit", 86_400, "Vérifie tout le journal d’audit"),
    Job("core.clean_up", 86_400, "Efface ce qui a fait son temps"),
    Job("payments.erase_old_notice_bodies", 86_400, "Efface les vieux webhooks bruts"),
    Job("accounts.expire_sanctions", 30, "Termine les sanctions arrivées à terme"),
    Job("accounts.lapse_sign_ins", 600, "Ferme les secondes preuves et préavis échus"),
    Job(
        "accounts.expire_identity_checks", 3600, "Termine les pièces d’identité échues"
    ),
    Job("accounts.expire_invitations", 3600, "Ferme les invitations échues"),
    Job("properties.expire_mandates", 3600, "Ferme les mandats échus"),
    Job("accounts.flush_expired_tokens", 86_400, "Efface les jetons expirés"),
)


NOT_OURS = "celery.backend_cleanup"
"""Beat adds it while results expire; ours are never kept."""


def seed() -> int:
    """Create the rows of JOBS that are missing; return how many were."""
    PeriodicTask.objects.filter(name=NOT_OURS).delete()
    known = set(PeriodicTask.objects.values_list("name", flat=True))
    made = 0
    for job in JOBS:
        if job.task in known:
            continue
        schedule, _created = IntervalSchedule.objects.get_or_create(
            every=job.every_seconds, period=IntervalSchedule.SECONDS
        )
        PeriodicTask.objects.create(
            name=job.task,
            task=job.task,
            interval=schedule,
            description=job.description,
            expire_seconds=max(job.every_seconds, 10),
        )
        made += 1
    return made


class SoleScheduler(DatabaseScheduler):  # type: ignore[misc]  # no types
    """Ticks only while it holds a session-level advisory lock in PostgreSQL.

    Two plain beats run every job twice (measured). The lock lives on a connection of
    its own, so a beat that dies gives it up at once and another takes over. Not for a
    transaction-pooling proxy: point the application's URL at the server itself.
    """

    _lock: BaseDatabaseWrapper | None = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Run what is due, or wait for the lock; return seconds until the next tick."""
        if not self._holds_lock():
            return SECONDS_BETWEEN_TRIES
        seconds: float = super().tick(*args, **kwargs)
        return seconds

    def close(self) -> None:
        """Save what ran, and give the lock up."""
        super().close()
        self._drop_lock()

    def _holds_lock(self) -> bool:
        try:
            if self._lock is not None:
                with self._lock.cursor() as cursor:
                    cursor.execute("SELECT 1")
                return True
            # A connection of its own, with the options of the application's (TLS too).
            self._lock = connections.create_connection("default")
            with self._lock.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_try_advisory_lock(%s)", [advisory_key("beat")]
                )
                if cursor.fetchone()[0]:
                    log.info("beat is active")
                    return True
        except DatabaseError as error:
            log.warning("beat lost its lock", error=type(error).__name__)
        self._drop_lock()
        return False

    def _drop_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
