"""Tâches planifiées: an operator sees, runs, pauses and slows each; a deed each time.

A pause is decided on the job's own page, with a reason: it stops what others rely on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from celery import current_app
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision
from lokahome.core.audit.record import record

CHANGE = "django_celery_beat.change_periodictask"
MINUTE, HOUR, DAY = 60, 3600, 86_400
UNITS = (
    (DAY, "chaque jour", "tous les {} jours"),
    (HOUR, "chaque heure", "toutes les {} heures"),
    (MINUTE, "chaque minute", "toutes les {} minutes"),
    (1, "chaque seconde", "toutes les {} secondes"),
)
NEVER_PAUSED = frozenset(
    {"core.check_invariants", "core.seal_audit", "core.verify_audit"}
)
"""What watches over everybody, operators too, is stopped by stopping beat alone: that
leaves a gap which is found (`lokahome.core.audit.verifying`)."""
CHOICES = (5, 10, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY)


def frequency(seconds: int) -> str:
    """Return how often *seconds* is, in words: « chaque heure »."""
    unit, once, often = next(item for item in UNITS if seconds % item[0] == 0)
    return once if seconds == unit else often.format(seconds // unit)


def publish(task: PeriodicTask) -> None:
    """Hand *task* to the workers now, beside its schedule."""
    current_app.send_task(task.task, headers={"periodic_task_name": task.name})


def may_rest(task: PeriodicTask) -> bool:
    """Say whether an operator may pause *task*, or make it seldom."""
    return task.task not in NEVER_PAUSED


def switch(task: PeriodicTask, *, enabled: bool) -> None:
    """Pause *task* or let it run again; beat reads it within seconds."""
    task.enabled = enabled
    task.save()


def slow(task: PeriodicTask, seconds: int) -> None:
    """Run *task* every *seconds* from now on."""
    task.interval, _created = IntervalSchedule.objects.get_or_create(
        every=seconds, period=IntervalSchedule.SECONDS
    )
    task.save()
    PeriodicTasks.update_changed()


class FrequencyForm(forms.Form):
    """How often a job is to run."""

    seconds = forms.TypedChoiceField(
        label="Fréquence",
        coerce=int,
        choices=[(seconds, frequency(seconds)) for seconds in CHOICES],
    )


class EnabledFilter(admin.SimpleListFilter):
    """Active jobs, or paused ones."""

    title = "état"
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the two states."""
        return [("active", "Actives"), ("paused", "En pause")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PeriodicTask]
    ) -> QuerySet[PeriodicTask]:
        """Return the jobs of the choice."""
        wanted = {"active": True, "paused": False}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(enabled=wanted)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(LokaModelAdmin):
    """Jobs come from the code (lokahome/schedule.py): none is added, none is deleted."""

    list_title = "Tâches planifiées"
    list_display = (
        "shown_name",
        "name",
        "shown_state",
        "shown_frequency",
        "shown_last_run",
        "shown_count",
    )
    list_filter = (EnabledFilter,)
    search_fields = ("name", "description")
    list_select_related = ("interval",)
    ordering = ("description",)
    fields = (
        "shown_name",
        "name",
        "shown_state",
        "shown_frequency",
        "shown_last_run",
        "shown_count",
    )
    readonly_fields = fields
    actions = ("run_selected", "resume_selected")
    decisions = (
        Decision(
            name="run",
            label="Lancer maintenant",
            permission=CHANGE,
            run=lambda row, order: publish(row),
            needs_reason=False,
            outside_transaction=True,
            notice="La tâche part tout de suite, en plus de ses heures habituelles.",
        ),
        Decision(
            name="pause",
            label="Mettre en pause",
            permission=CHANGE,
            run=lambda row, order: switch(row, enabled=False),
            is_available=lambda row: bool(row.enabled) and may_rest(row),
            notice="La tâche ne part plus jusqu’à ce que quelqu’un la reprenne.",
            is_danger=True,
        ),
        Decision(
            name="resume",
            label="Reprendre",
            permission=CHANGE,
            run=lambda row, order: switch(row, enabled=True),
            is_available=lambda row: not row.enabled,
            needs_reason=False,
            notice="La tâche repart à sa fréquence.",
        ),
        Decision(
            name="slow",
            label="Changer la fréquence",
            permission=CHANGE,
            run=lambda row, order: slow(row, order.choices["seconds"]),
            is_available=may_rest,
            form=FrequencyForm,
            notice="La nouvelle fréquence vaut dans les secondes qui suivent.",
        ),
    )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer the list's actions to operators alone."""
        offered: dict[str, Any] = super().get_actions(request)
        user: Any = request.user
        return offered if user.has_perm(CHANGE) else {}

    def title_of(self, row: PeriodicTask) -> str:
        """Return what the job does."""
        return str(row.description or row.name)

    def _note(
        self, request: HttpRequest, deed: str, tasks: Iterable[PeriodicTask]
    ) -> None:
        for task in tasks:
            record(
                f"{self.opts.label_lower}.{deed}",
                subject=f"{self.opts.model_name}:{task.pk}",
                actor_id=request.user.pk,
            )

    @admin.action(description="Lancer maintenant")
    def run_selected(
        self, request: HttpRequest, queryset: QuerySet[PeriodicTask]
    ) -> None:
        """Publish the chosen jobs."""
        tasks = list(queryset)
        self._note(request, "run", tasks)
        for task in tasks:
            publish(task)
        text = ngettext("%d tâche lancée.", "%d tâches lancées.", len(tasks))
        messages.success(request, text % len(tasks))

    @admin.action(description="Reprendre")
    def resume_selected(
        self, request: HttpRequest, queryset: QuerySet[PeriodicTask]
    ) -> None:
        """Let the chosen jobs run again."""
        tasks = list(queryset.filter(enabled=False))
        self._note(request, "resume", tasks)
        for task in tasks:
            switch(task, enabled=True)
        text = ngettext("%d tâche reprise.", "%d tâches reprises.", len(tasks))
        messages.success(request, text % len(tasks))

    @display(description="Tâche", ordering="description")
    def shown_name(self, task: PeriodicTask) -> str:
        """Return what the job does."""
        return self.title_of(task)

    @display(
        description="État",
        ordering="enabled",
        label={"Active": "success", "En pause": "warning"},
    )
    def shown_state(self, task: PeriodicTask) -> str:
        """Return whether beat runs it."""
        return "Active" if task.enabled else "En pause"

    @display(description="Fréquence", ordering="interval__every")
    def shown_frequency(self, task: PeriodicTask) -> str:
        """Return how often it runs, in words."""
        if task.interval is None:
            return str(task.scheduler)
        return frequency(int(task.schedule.run_every.total_seconds()))

    @display(description="Dernier départ", ordering="last_run_at")
    def shown_last_run(self, task: PeriodicTask) -> Any:
        """Return when beat published it last."""
        return task.last_run_at

    @display(description="Départs", ordering="total_run_count")
    def shown_count(self, task: PeriodicTask) -> int:
        """Return how often beat published it."""
        return int(task.total_run_count)
