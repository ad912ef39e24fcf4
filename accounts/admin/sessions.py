"""Sessions: where people are signed in, how, and what ended it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.links import people_links
from accounts.admin.searching import PersonSearch
from accounts.models import Session, User
from accounts.services.signing_in.sessions import end_session, end_sessions
from lokahome.core import clock
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order

END_SESSIONS = "accounts.end_session"
SHOWN_SESSIONS = 10
GOES_ON, EXPIRED, ENDED = _("En cours"), _("Expirée"), _("Terminée")


class StateFilter(admin.SimpleListFilter):
    """Sessions that go on, unless asked otherwise."""

    title = _("état")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return both ends of a session's life."""
        return [("ended", ENDED), ("all", _("Toutes"))]

    def choices(self, changelist: Any) -> Any:
        """Call the absence of a choice by what it shows."""
        first, *others = super().choices(changelist)
        yield {**first, "display": GOES_ON}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Session]
    ) -> QuerySet[Session]:
        """Return the sessions of the state."""
        if self.value() == "all":
            return queryset
        if self.value() == "ended":
            return queryset.exclude(ended_at=None)
        return queryset.filter(ended_at=None, expires_at__gt=clock.now())


def state_of(session: Session) -> Any:
    """Return whether *session* goes on, in words."""
    if session.ended_at is not None:
        return ENDED
    return GOES_ON if session.expires_at > clock.now() else EXPIRED


def sessions_of(person: User) -> str:
    """Return safe HTML: the newest sessions of *person*, each a link to its page."""
    newest = person.sessions.select_related("device").order_by("-id")[:SHOWN_SESSIONS]
    lines = (
        (
            reverse("admin:accounts_session_change", args=[session.pk]),
            session.get_method_display(),
            session.device or "—",
            date_format(localtime(session.last_used_at), "SHORT_DATETIME_FORMAT"),
            state_of(session),
        )
        for session in newest
    )
    text = '<div><a href="{}">{}</a> · {} · {} · {}</div>'
    return format_html_join("\n", text, lines) or "—"


def _end_one(session: Session, order: Order) -> object:
    return end_session(
        session_id=session.pk,
        user_id=session.user_id,
        reason=Session.EndReason.STAFF,
        now=order.now,
        actor_id=order.actor_id,
        words=order.reason,
    )


def _end_all(person: User, order: Order) -> object:
    return end_sessions(
        user_id=person.pk,
        reason=Session.EndReason.STAFF,
        now=order.now,
        actor_id=order.actor_id,
        words=order.reason,
    )


REASONS = (
    "La personne dit que son téléphone est perdu ou volé.",
    "La personne dit ne pas connaître cette session.",
    "Le compte paraît utilisé par quelqu’un d’autre.",
)
NOTICE = _(
    "Les applications demandent de se reconnecter ; les conversations ouvertes se "
    "ferment en quelques secondes."
)
END_ALL_SESSIONS = Decision(
    name="end-sessions",
    label=str(_("Fermer les sessions")),
    permission=END_SESSIONS,
    run=_end_all,
    is_available=lambda person: person.sessions.filter(ended_at=None).exists(),
    reasons=REASONS,
    notice=str(NOTICE),
    is_danger=True,
)
"""For the page of a person."""


@admin.register(Session)
class SessionAdmin(PersonSearch, LokaModelAdmin):
    """Sign-ins of everybody: neither tokens nor keys of devices are stored at all."""

    list_title = "Sessions"
    timeline_deeds = {
        "session.opened": _("Ouverte"),
        "session.proved": _("Preuve donnée à nouveau"),
        "session.ended": _("Fermée"),
    }
    list_display = (
        "shown_person",
        "shown_device",
        "method",
        "started_at",
        "last_used_at",
        "shown_state",
    )
    list_filter = (StateFilter, "method", "end_reason")
    list_select_related = ("device",)
    ordering = ("-id",)
    fields = (
        "shown_person",
        "shown_device",
        "method",
        "shown_state",
        "started_at",
        "last_used_at",
        "proved_at",
        "expires_at",
        "ended_at",
        "end_reason",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="end",
            label=str(_("Fermer la session")),
            permission=END_SESSIONS,
            run=_end_one,
            is_available=lambda session: session.ended_at is None,
            reasons=REASONS,
            notice=str(NOTICE),
            is_danger=True,
            shortcut="f",
        ),
    )

    def prepare(self, rows: Any) -> None:
        """Read the names of the page's people at once."""
        links = people_links((row.user_id for row in rows), linked=True)
        for row in rows:
            row.person_link = links[row.user_id]

    def lock_first(self, pk: Any) -> None:
        """Lock the person, as every service does before the session."""
        people = User.objects.get_queryset().filter(sessions=pk)
        list(people.select_for_update(no_key=True, of=("self",)))

    def title_of(self, row: Session) -> str:
        """Return when it was opened."""
        day = date_format(localtime(row.started_at), "SHORT_DATETIME_FORMAT")
        return str(_("Session du %(day)s") % {"day": day})

    @display(description=_("Personne"))
    def shown_person(self, session: Any) -> str:
        """Return whose it is, by initials, with the way to their page."""
        if not hasattr(session, "person_link"):
            self.prepare([session])
        return format_html("{}", session.person_link)

    @display(description=_("Appareil"))
    def shown_device(self, session: Session) -> str:
        """Return what the device calls itself."""
        return str(session.device or "")

    @display(
        description=_("État"),
        label={str(GOES_ON): "success", str(EXPIRED): "info", str(ENDED): "info"},
    )
    def shown_state(self, session: Session) -> str:
        """Return whether it goes on."""
        return str(state_of(session))
