"""Whether people are still there when something between them begins."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy

from lokahome.core.errors import StateConflict

SEEN = """
SELECT erased_at IS NULL FROM accounts_user WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE
"""


class PersonGone(StateConflict):
    """One of the people was erased: nothing new begins with them."""

    code = "person.gone"
    title = gettext_lazy("Ce compte n’existe plus")


def require_present(*person_ids: UUID) -> None:
    """Let something begin between people, which an erasure would have to wait for.

    A table that names them by bare ids has no key to hold them by: this takes the lock
    that a key would, until the transaction ends. An erasure at work is waited for, and
    nothing else is, so that it may be called with other rows locked. An id that is
    nobody's passes. Raises PersonGone.
    """
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [list(person_ids)])
        if not all(row[0] for row in cursor.fetchall()):
            raise PersonGone
