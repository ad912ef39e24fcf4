"""In whose name a request is made: the header that names an agency."""

from __future__ import annotations

import re
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.models import AgencyContext
from accounts.queries.agencies import agency_context
from lokahome.core.errors import NotAllowed

AGENCY_HEADER = "LokaHome-Agency"
"""The id of the agency in whose name to ask; without it one asks for oneself."""


OWN = re.compile(r"/api/v1/(me|auth)(/|$)")
"""Oneself and one's sign-in: who was removed from an agency signs out and reads why,
whatever the app still sends."""


class AgencyNotYours(NotAllowed):
    """``LokaHome-Agency`` names no agency that this person may act for now.

    The same for an agency of others, one that was closed and one that never existed.
    """

    code = "agency.not_yours"
    title = gettext_lazy("Vous n’agissez pas pour cette agence")

    def default_detail(self) -> str:
        return _("Revenez à votre espace personnel ou choisissez une autre agence.")


PERSONAL = re.compile(
    r"/api/v1/(conversations|payments|payouts|receipts|service-requests|quotes|jobs)(/|$)"
)
"""Words, money and work are a person's: none of it is an agency's to see or to do."""
OFFERED = re.compile(r"/api/v1/(providers|reviews)(/|$)")
"""Everybody reads it, whoever wrote it did so for oneself."""


class OwnNameOnly(NotAllowed):
    """Agencies have no conversations, money or jobs: one does this for oneself.

    What somebody wrote in an agency's name would stay theirs when they leave it, and
    their own letters would be read with the agency's eyes.
    """

    code = "agency.own_name_only"
    title = gettext_lazy("Cela se fait en votre nom, pas en celui d’une agence")

    def default_detail(self) -> str:
        return _("Revenez à votre espace personnel.")


def context_named_by(request: Request, user_id: UUID) -> AgencyContext | None:
    """Return the agency's context that the request asks for, None when it asks none.

    One query, only when the header is there. What is one's own is asked for in nobody
    else's name, and the header not read. Raises AgencyNotYours; OwnNameOnly on paths
    that know no agency.
    """
    text = request.headers.get(AGENCY_HEADER)
    if text is None or OWN.match(request.path):
        return None
    try:
        context = agency_context(user_id, UUID(text.strip()))
    except ValueError:
        context = None
    if context is None:
        raise AgencyNotYours
    if PERSONAL.match(request.path) or (
        request.method not in SAFE_METHODS and OFFERED.match(request.path)
    ):
        raise OwnNameOnly
    return context
