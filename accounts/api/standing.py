"""What a restricted person can still do: read, pay, finish, defend themselves."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.services.moderation.standing import restricted

ALWAYS_OPEN = ("/api/v1/me/", "/api/v1/auth/", "/api/v1/appeals/")
"""One's own account, signing in and out, and appealing."""


class InGoodStanding(BasePermission):
    """Refuses what a restricted person would change; costs no query to others.

    A view says which of its actions stay open: ``open_to_restricted = True``, or the
    names of some. Money that is owed can be paid, and work under way finished.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True, or raise AccountRestricted with the reason and its end."""
        user: Any = request.user
        if request.method in SAFE_METHODS or not getattr(user, "is_restricted", False):
            return True
        if f"{request.path}/".startswith(ALWAYS_OPEN) or is_open(view):
            return True
        raise restricted(user.pk)


def is_open(view: Any) -> bool:
    """Say whether *view*, at the action it was asked for, is open to the restricted."""
    named: Any = getattr(view, "open_to_restricted", ())
    if isinstance(named, bool):
        return named
    return getattr(view, "action", "") in named
