"""Documents of Benin by which people prove who they are and what they may do.

The table is data: what a document proves, how its number reads, whether it runs out, how
high it stands on the ladder of its purpose. Most land has no title, so proofs of
ownership are a ladder, never the titre foncier alone. Numbers are compared without
spaces and signs; patterns are as loose as what is known of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

LANDLORD = "landlord"
PROVIDER = "provider"


class Purpose(models.TextChoices):
    """What a document proves."""

    IDENTITY = "identity", _("Identité")
    OWNERSHIP = "ownership", _("Propriété ou mandat")
    PROFESSIONAL = "professional", _("Profession")
    TAX = "tax", _("Impôt")


class DocumentKind(models.TextChoices):
    """The documents that are taken."""

    CIP = "cip", _("Certificat d’identification personnelle (CIP)")
    NATIONAL_CARD = "national_card", _("Carte nationale d’identité biométrique")
    CEM = "cem", _("Carte « C’est moi »")
    PASSPORT = "passport", _("Passeport")
    RESIDENCE_PERMIT = "residence_permit", _("Carte de séjour")
    CONSULAR_CARD = "consular_card", _("Carte consulaire")
    DRIVING_LICENCE = "driving_licence", _("Permis de conduire")
    VOTER_CARD = "voter_card", _("Carte d’électeur")
    LAND_TITLE = "land_title", _("Titre foncier")
    SALE_AGREEMENT = "sale_agreement", _("Convention de vente")
    OCCUPANCY_PERMIT = "occupancy_permit", _("Permis d’habiter")
    CUSTOMARY_HOLDING = "customary_holding", _("Attestation de détention coutumière")
    UTILITY_BILL = "utility_bill", _("Relevé d’eau ou d’électricité à son nom")
    MANAGEMENT_MANDATE = "management_mandate", _("Mandat de gestion signé")
    AGENT_CARD = "agent_card", _("Carte d’agent immobilier")
    RCCM = "rccm", _("Registre du commerce (RCCM)")
    DIPLOMA = "diploma", _("Diplôme, CQP ou CQM")
    POLICE_RECORD = "police_record", _("Extrait du casier judiciaire")
    IFU = "ifu", _("Identifiant fiscal unique (IFU)")


class Expiry(StrEnum):
    """Whether a document says until when it is valid."""

    NEVER = "never"
    MAYBE = "maybe"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class KindOfDocument:
    """What is known of one document."""

    purpose: Purpose
    number: str = ""
    """Pattern of the number once it is written plainly; empty: it may have none."""
    expiry: Expiry = Expiry.NEVER
    strength: int = 3
    """Rung of its purpose's ladder, 1 to 5: what a reviewer may expect of it."""
    is_enough_alone: bool = True
    has_back: bool = False
    """Whether the back is asked for as well."""
    roles: frozenset[str] = frozenset()
    """Hats that it serves; empty: all of them."""
    number_family: str = ""
    """Documents that carry the same number: by it one meets the other."""


_IDENTITY, _OWNERSHIP = Purpose.IDENTITY, Purpose.OWNERSHIP
_NPI = r"[0-9]{10}"
_ANY = r"[A-Z0-9]{4,20}"
_LANDS = frozenset({LANDLORD})
_SKILLS = frozenset({PROVIDER})
_KIND = DocumentKind

KINDS: dict[str, KindOfDocument] = {
    # The CIP and the card "C'est moi" both carry the NPI (ANIP): 10 digits, for life.
    _KIND.CIP: KindOfDocument(_IDENTITY, _NPI, strength=4, number_family="npi"),
    _KIND.CEM: KindOfDocument(_IDENTITY, _NPI, strength=3, number_family="npi"),
    # ECOWAS format since July 2022, valid five years; both sides say something.
    _KIND.NATIONAL_CARD: KindOfDocument(
        _IDENTITY, r"[A-Z0-9]{6,15}", Expiry.ALWAYS, strength=5, has_back=True
    ),
    _KIND.PASSPORT: KindOfDocument(
        _IDENTITY, r"[A-Z0-9]{6,9}", Expiry.ALWAYS, strength=5
    ),
    _KIND.RESIDENCE_PERMIT: KindOfDocument(
        _IDENTITY, _ANY, Expiry.ALWAYS, strength=4, has_back=True
    ),
    _KIND.CONSULAR_CARD: KindOfDocument(_IDENTITY, _ANY, Expiry.ALWAYS, strength=3),
    _KIND.DRIVING_LICENCE: KindOfDocument(
        _IDENTITY, _ANY, Expiry.MAYBE, strength=2, is_enough_alone=False, has_back=True
    ),
    _KIND.VOTER_CARD: KindOfDocument(
        _IDENTITY, _ANY, strength=1, is_enough_alone=False
    ),
    _KIND.LAND_TITLE: KindOfDocument(_OWNERSHIP, _ANY, strength=5, roles=_LANDS),
    _KIND.SALE_AGREEMENT: KindOfDocument(_OWNERSHIP, strength=4, roles=_LANDS),
    _KIND.OCCUPANCY_PERMIT: KindOfDocument(_OWNERSHIP, strength=3, roles=_LANDS),
    _KIND.CUSTOMARY_HOLDING: KindOfDocument(_OWNERSHIP, strength=2, roles=_LANDS),
    _KIND.UTILITY_BILL: KindOfDocument(_OWNERSHIP, strength=1, roles=_LANDS),
    _KIND.MANAGEMENT_MANDATE: KindOfDocument(
        _OWNERSHIP, expiry=Expiry.ALWAYS, strength=2, roles=_LANDS
    ),
    _KIND.AGENT_CARD: KindOfDocument(
        Purpose.PROFESSIONAL, _ANY, Expiry.ALWAYS, strength=4, roles=_LANDS
    ),
    # RB/COT/24 B 12345, written in many ways: checked by eye.
    _KIND.RCCM: KindOfDocument(
        Purpose.PROFESSIONAL, r"[A-Z0-9]{6,24}", strength=4, roles=_LANDS | _SKILLS
    ),
    _KIND.DIPLOMA: KindOfDocument(Purpose.PROFESSIONAL, strength=3, roles=_SKILLS),
    _KIND.POLICE_RECORD: KindOfDocument(
        Purpose.PROFESSIONAL, expiry=Expiry.MAYBE, strength=3, roles=_SKILLS
    ),
    _KIND.IFU: KindOfDocument(Purpose.TAX, r"[0-9]{13}", strength=4),
}


def plain_number(text: str) -> str:
    """Return *text* as numbers are compared: ASCII capitals and digits, no signs."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def is_number_of(kind: str, number: str) -> bool:
    """Say whether *number*, written plainly, can be one of a *kind* document."""
    pattern = KINDS[kind].number
    if not pattern:
        return len(number) <= 24
    return re.fullmatch(pattern, number, re.ASCII) is not None


def number_family(kind: str) -> str:
    """Return the name under which numbers of *kind* are compared."""
    return KINDS[kind].number_family or str(kind)


def kinds_of(purpose: str) -> tuple[str, ...]:
    """Return the documents that serve *purpose*, the strongest first."""
    found = [kind for kind, facts in KINDS.items() if facts.purpose == purpose]
    return tuple(sorted(found, key=lambda kind: -KINDS[kind].strength))
