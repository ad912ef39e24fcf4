"""People as other pages name them: initials, with a link for who may see people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import User
from lokahome.core.admin.masked import masked_name


def may_see_people(request: HttpRequest) -> bool:
    """Say whether this member of staff may open the page of a person."""
    user: Any = request.user
    return bool(user.has_perm("accounts.view_user"))


def people_links(ids: Iterable[UUID], *, linked: bool) -> dict[UUID, str]:
    """Return safe HTML by id: initials, a link to the person when *linked*. One query."""
    wanted = set(ids)
    found = User.objects.filter(pk__in=wanted).values_list("pk", "full_name")
    names = {pk: masked_name(name) for pk, name in found}
    return {
        pk: (
            format_html(
                '<a href="{}">{}</a>',
                reverse("admin:accounts_user_change", args=[pk]),
                names[pk],
            )
            if linked and pk in names
            else names.get(pk, "—")
        )
        for pk in wanted
    }
