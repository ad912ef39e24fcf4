"""Pieces that the pages of money are put together from: facts, ledger lines, cases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.admin.case_views import case_link, subject_names
from accounts.models import Case
from lokahome.core.money import Money, format_money
from payments.models import Charge, JournalEntry, Posting, Transfer
from payments.models.chart import chart_of


def facts(rows: Iterable[tuple[Any, Any]]) -> str:
    """Return a list of names and values as safe HTML."""
    lines = format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows)
    return format_html("<dl>{}</dl>", lines)


def cases_about(subject: str) -> str:
    """Return links to the cases about *subject*, newest first."""
    cases = Case.objects.filter(subject=subject).order_by("-id")[:20]
    links = format_html_join(
        "",
        '<li><a href="{}">{}</a> ({})</li>',
        (
            (
                reverse("admin:accounts_case_change", args=[case.pk]),
                case.title,
                case.get_status_display(),
            )
            for case in cases
        ),
    )
    return format_html("<ul>{}</ul>", links) if links else ""


def subject_link(request: HttpRequest, subject: str) -> str:
    """Return what the money is about, linked where the floor above has a page for it."""
    name = subject_names([subject])[subject]
    found = case_link(request, Case(subject=subject))
    if found is None:
        return name
    return format_html('{} (<a href="{}">{}</a>)', name, *found)


def linked(title: Any, rows: Iterable[Charge | Transfer]) -> str:
    """Return a list of payments or transfers under *title*, each with its state."""
    links = format_html_join(
        "",
        '<li><a href="{}">{}</a> : {} ({})</li>',
        (
            (
                reverse(f"admin:payments_{_noun(row)}_change", args=[row.pk]),
                row.reference,
                format_money(row.money),
                row.get_status_display(),
            )
            for row in rows
        ),
    )
    return format_html("<h2>{}</h2><ul>{}</ul>", title, links) if links else ""


def ledger_lines(entries: QuerySet[JournalEntry]) -> str:
    """Return the legs of *entries*, oldest first: debit left, credit right."""
    legs = Posting.objects.filter(entry__in=entries).select_related("entry", "account")
    lines = format_html_join(
        "",
        '<tr><td>{}</td><td>{}</td><td class="lh-sum">{}</td>'
        '<td class="lh-sum">{}</td></tr>',
        (
            (
                leg.entry.get_kind_display(),
                chart_of(leg.account.code).label,
                written(leg.amount, leg.account.currency),
                written(-leg.amount, leg.account.currency),
            )
            for leg in legs.order_by("entry__created_at", "entry_id", "-amount")[:100]
        ),
    )
    if not lines:
        return ""
    return format_html(
        '<table><caption>{}</caption><thead><tr><th scope="col">{}</th>'
        '<th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th>'
        "</tr></thead><tbody>{}</tbody></table>",
        _("Lignes au grand livre"),
        _("Écriture"),
        _("Compte"),
        _("Débit"),
        _("Crédit"),
        lines,
    )


def written(amount: int, currency: str) -> str:
    """Return *amount* as people write it, nothing on the other side of the entry."""
    return format_money(Money(amount, currency)) if amount > 0 else ""


def _noun(row: Charge | Transfer) -> str:
    return "charge" if isinstance(row, Charge) else "transfer"
