"""A person with their number and hats, read in one query: what `me` shows."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from accounts.models.phone import Phone
from accounts.models.role_grant import RoleGrant
from accounts.models.user import User
from lokahome.core import clock

COLUMNS = {
    field.name: field for field in RoleGrant._meta.fields if not field.is_relation
}


def with_account(people: QuerySet[User]) -> QuerySet[User]:
    """Let each of *people* bring number and hats along; `account_of` unpacks them."""
    numbers = Phone.objects.reachable().filter(user=OuterRef("pk"))
    grants = RoleGrant.objects.filter(user=OuterRef("pk")).order_by("id")
    columns: dict[str, str] = {name: name for name in COLUMNS}
    return people.annotate(
        account_number=Subquery(numbers.by_standing(clock.now()).values("number")[:1]),
        account_grants=ArraySubquery(grants.values(data=JSONObject(**columns))),
    )


def account_of(person: Any) -> User:
    """Return *person*, read by `with_account`: number and hats cost no query now."""
    person._prefetched_objects_cache = {
        "roles": [_grant(person, row) for row in person.account_grants]
    }
    return cast(User, person)


def _grant(person: User, row: dict[str, Any]) -> RoleGrant:
    values = {name: COLUMNS[name].to_python(value) for name, value in row.items()}
    return RoleGrant(user=person, **values)
