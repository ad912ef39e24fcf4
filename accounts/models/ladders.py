"""What each hat's levels ask for: from a phone to a professional file.

Levels follow `benin.md` 2.9: an identity document, then ownership or mandate with the
tax number (who has both can be paid), then what the profession proves itself by. A
provider has nothing to own: the tax number alone opens payouts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models.document_kinds import DocumentKind, Purpose, kinds_of
from accounts.models.role_grant import RoleGrant


@dataclass(frozen=True, slots=True)
class Need:
    """Something to prove, and the documents any of which proves it."""

    name: str
    label: Any
    kinds: frozenset[str]


IDENTITY = Need("identity", _("Identité"), frozenset(kinds_of(Purpose.IDENTITY)))
OWNERSHIP = Need(
    "ownership", _("Propriété ou mandat"), frozenset(kinds_of(Purpose.OWNERSHIP))
)
TAX = Need("tax", _("Identifiant fiscal"), frozenset(kinds_of(Purpose.TAX)))
AGENT = Need("agent", _("Carte d’agent"), frozenset({DocumentKind.AGENT_CARD}))
REGISTER = Need("register", _("Registre du commerce"), frozenset({DocumentKind.RCCM}))
SKILL = Need(
    "skill",
    _("Diplôme ou registre du commerce"),
    frozenset({DocumentKind.DIPLOMA, DocumentKind.RCCM}),
)
RECORD = Need(
    "police_record", _("Casier judiciaire"), frozenset({DocumentKind.POLICE_RECORD})
)

LADDERS: dict[str, tuple[tuple[Need, ...], ...]] = {
    RoleGrant.Role.TENANT: ((IDENTITY,),),
    RoleGrant.Role.LANDLORD: ((IDENTITY,), (OWNERSHIP, TAX), (AGENT, REGISTER)),
    RoleGrant.Role.PROVIDER: ((IDENTITY,), (TAX,), (SKILL, RECORD)),
    RoleGrant.Role.ADMIN: ((IDENTITY,),),
}
"""Role -> what level 1 asks, what level 2 asks besides, and so on to the highest."""
