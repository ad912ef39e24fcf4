"""What a case rests on, in words: labels, sums, moments, people by their initials."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.admin.links import may_see_people, people_links
from lokahome.core.admin.base import ACTOR_KINDS
from lokahome.core.money import MINOR_UNITS, Money, format_money

LABELS: dict[str, Any] = {
    "about_id": _("Personne notée"),
    "amount": _("Montant"),
    "author_id": _("Auteur"),
    "category": _("Catégorie"),
    "context_digest": _("Empreinte des messages voisins"),
    "conversation_id": _("Conversation"),
    "digest": _("Empreinte du message"),
    "disputed_by": _("Contesté par"),
    "fee": _("Frais"),
    "first_seq": _("Messages voisins, du rang"),
    "gateway": _("Passerelle"),
    "gateway_id": _("Numéro chez la passerelle"),
    "job_id": _("Prestation"),
    "landlord_id": _("Propriétaire"),
    "last_seq": _("Messages voisins, au rang"),
    "lease_id": _("Bail"),
    "listing_id": _("Annonce"),
    "message_id": _("Message"),
    "ours": _("Chez nous"),
    "payer": _("Payeur désigné"),
    "payer_id": _("Payeur"),
    "person_id": _("Personne"),
    "provider_id": _("Profil de prestataire"),
    "raw_status": _("État chez la passerelle"),
    "reason": _("Motif"),
    "reference": _("Référence"),
    "rent": _("Loyer"),
    "review_id": _("Avis"),
    "sender_id": _("Expéditeur"),
    "seq": _("Rang dans la conversation"),
    "state": _("État"),
    "status": _("État"),
    "tenant_id": _("Locataire"),
    "ticket_id": _("Demande de réparation"),
    "urgency": _("Urgence"),
}
PEOPLE = frozenset(
    {
        "about_id",
        "author_id",
        "landlord_id",
        "payer_id",
        "person_id",
        "sender_id",
        "tenant_id",
    }
)
SUMS = frozenset({"amount", "fee", "rent"})
WORDS: dict[str, Any] = {
    **ACTOR_KINDS,
    "customer": _("demandeur"),
    "danger": _("danger"),
    "delivered": _("livrée"),
    "normal": _("normale"),
    "paused": _("en pause"),
    "provider": _("prestataire"),
    "published": _("publiée"),
    "started": _("commencée"),
    "urgent": _("urgente"),
}
"""States and parties as upper apps write them into evidence."""
UNSAID = frozenset({"conversation_id", "currency"})
"""Told by a link, or beside each sum."""
CODED = frozenset({"disputed_by", "payer", "state", "status", "urgency"})


def readable(
    request: HttpRequest, evidence: dict[str, Any], *, subject: str = ""
) -> dict[str, Any]:
    """Return *evidence* for the template: ``facts``, and ``sides`` to be compared.

    ``facts`` are (label, text) pairs. Where some values are objects themselves (what we
    hold, what a gateway says), ``sides`` has their names and a row for each of their
    keys. The id in *subject* is no fact: the page has a link. Texts are safe to show. One
    query, for people.
    """
    sides = {name: value for name, value in evidence.items() if _is_side(value)}
    links = people_links(
        _people([evidence, *sides.values()]), linked=may_see_people(request)
    )
    keys = list(dict.fromkeys(key for side in sides.values() for key in side))
    return {
        "facts": [
            (_label(name), _text(name, value, evidence, links))
            for name, value in evidence.items()
            if name not in sides and name not in UNSAID and not _is_in(subject, value)
        ],
        "sides": [_label(name) for name in sides],
        "rows": [
            (
                _label(key),
                [
                    _text(key, side[key], side, links) if key in side else "—"
                    for side in sides.values()
                ],
            )
            for key in keys
            if key != "currency"
        ],
    }


def _is_in(subject: str, value: object) -> bool:
    return bool(subject) and isinstance(value, str) and subject.endswith(f":{value}")


def _is_side(value: object) -> bool:
    return isinstance(value, dict)


def _label(name: str) -> str:
    return str(LABELS.get(name, name.removesuffix("_id").replace("_", " ")))


def _people(groups: list[dict[str, Any]]) -> set[UUID]:
    ids = (
        _uuid(value)
        for group in groups
        for name, value in group.items()
        if name in PEOPLE
    )
    return {item for item in ids if item is not None}


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _text(name: str, value: Any, group: dict[str, Any], links: dict[UUID, str]) -> str:
    if value is None or value == "":
        return "—"
    if name in PEOPLE and (person := _uuid(value)) is not None:
        return links[person]
    if isinstance(value, bool):
        return str(_("oui") if value else _("non"))
    if name in SUMS and isinstance(value, int):
        currency = str(group.get("currency", "XOF"))
        if currency in MINOR_UNITS:
            return format_money(Money(value, currency))
    if name in CODED:
        return str(WORDS.get(value, value)) if isinstance(value, str) else str(value)
    if name.endswith("_at") and (moment := parse_datetime(str(value))) is not None:
        if timezone.is_aware(moment):
            moment = timezone.localtime(moment)
        return str(date_format(moment, "DATETIME_FORMAT"))
    return str(value)
