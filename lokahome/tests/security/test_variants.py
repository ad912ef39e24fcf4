"""The same operations by side doors: other paths, methods, media types and headers.

A guard that looks at one spelling of a request and a view that takes another is how
people get in. Whatever is not the operation itself answers no more than it would, and
changes nothing.
"""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.api.contexts import OWN
from lokahome.tests.security.asking import Row, row_named
from lokahome.tests.security.checking import COUNTED, secrets_in, wrong_in_itself
from lokahome.tests.security.operations import JSON, operations
from lokahome.tests.security.table import ACTORS, operations_in, read_table
from lokahome.tests.security.world import NEVER

TABLE = read_table()
NAMES = operations_in(TABLE)
BASE = "/api/v1/"
OVERRIDES = {
    "X-HTTP-Method-Override": "DELETE",
    "X-HTTP-Method": "PUT",
    "X-Method-Override": "PATCH",
    "X-Original-URL": "/api/v1/me",
    "X-Rewrite-URL": "/api/v1/me",
}
MEDIA_TYPES = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/xml",
)
ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")


def who_may(name: str) -> str:
    """Return an actor whom the operation serves, or the tenant when it serves nobody."""
    served = [a for a in ACTORS if TABLE[name][a][0].startswith("2")]
    signed_in = [actor for actor in served if actor != "anonymous"]
    return (signed_in or served or ["tenant"])[0]


def path_of(asker, row: Row, actor: str) -> str:
    """Return the path that *actor* would ask for their own object."""
    return asker.path(row, asker.scene(row, actor, "own"))


def methods_at(path: str) -> set[str]:
    """Return the documented methods of a path's template."""
    return {op.method for op in operations().values() if op.path == path}


def clean(asker, row: Row, actor: str, answer) -> list[str]:
    """Return what is wrong with a refusal, whichever refusal it is."""
    assert answer.is_refused, (answer.status, answer.body[:200])
    return [*wrong_in_itself(row, answer), *secrets_in(asker, actor, answer)]


@pytest.mark.parametrize("name", NAMES)
def test_other_spellings_of_the_path_are_nobodys(asker, name):
    """A trailing slash, capitals, a doubled slash, a format suffix: 404, no redirect."""
    row = row_named(name)
    actor = who_may(name)
    path = path_of(asker, row, actor).partition("?")[0]
    inside = path.removeprefix(BASE)
    for spelling in (
        f"{path}/",
        f"{BASE}/{inside}",
        f"{BASE}{inside.upper()}",
        f"{path}.json",
        f"{path};x=1",
        f"{path}%00",
        f"{path}/../me",
    ):
        answer = asker.ask(row, actor, path=spelling)
        assert answer.status in {404, 405}, (spelling, answer.status)
        assert clean(asker, row, actor, answer) == [], spelling
    shouted = asker.ask(row, actor, path=path.upper())  # outside the API: a page
    assert shouted.status == 404
    assert shouted.changed == frozenset()


@pytest.mark.parametrize("name", NAMES)
def test_methods_that_are_not_documented_are_refused(asker, name):
    """405 for everybody who may come, and nothing happens; HEAD is GET without a body."""
    row = row_named(name)
    actor = who_may(name)
    documented = methods_at(row.operation.path)
    for method in ALL_METHODS:
        if method not in documented:
            answer = asker.ask(row, actor, method=method)
            assert answer.status in {401, 403, 405}, (method, answer.status)
            assert clean(asker, row, actor, answer) == [], method
    for who in (actor, "anonymous", "other_manager"):
        head = asker.ask(row, who, method="HEAD", body={})
        assert head.body == b""
        if row.operation.method == "GET":
            assert head.status == asker.ask(row, who).status
        assert head.status < 500
        assert head.changed <= COUNTED.get(name, frozenset())


@pytest.mark.parametrize("name", NAMES)
def test_options_tell_nothing(asker, name):
    """What OPTIONS says of other people's object it says of one that is not there."""
    row = row_named(name)
    for actor in ("anonymous", who_may(name), "other_manager"):
        kinds = ("other", "deleted") if row.thing else ("own",)
        said = [
            asker.ask(row, actor, kind, method="OPTIONS", body={}) for kind in kinds
        ]
        assert all(answer.changed == frozenset() for answer in said)
        assert all(not list(secrets_in(asker, actor, answer)) for answer in said)
        assert len({repr(answer.comparable()) for answer in said}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_methods_cannot_be_overridden(asker, name):
    """A header or a parameter that names another method or path is not heard."""
    row = row_named(name)
    if row.operation.method not in {"GET", "POST"}:
        return
    for actor in {who_may(name), "other_manager"}:
        plain = asker.ask(row, actor)
        heard = asker.ask(row, actor, headers=OVERRIDES)
        assert heard.status == plain.status
        assert heard.changed == plain.changed


@pytest.mark.parametrize("name", NAMES)
def test_nobody_speaks_for_an_agency_that_is_not_theirs(asker, name):
    """The header of another's agency is refused like one of no agency, everywhere.

    But where it is not read: one's own is asked for in nobody else's name.
    """
    row = row_named(name)
    if not row.operation.needs_token or OWN.match(row.operation.path):
        return
    theirs = str(asker.world.sides["there"].thing("agency").pk)
    for actor in ("tenant", "landlord"):
        said = [
            asker.ask(row, actor, headers={"LokaHome-Agency": agency})
            for agency in (theirs, str(NEVER))
        ]
        assert [answer.status for answer in said] == [403, 403]
        assert said[0].comparable() == said[1].comparable()
        assert not said[0].changed | said[1].changed


def test_a_cookie_of_the_back_office_opens_nothing(asker):
    """Staff are signed in to pages by cookie, and no page can ask the API with it."""
    asker.clients["cookie"] = APIClient(raise_request_exception=False)
    asker.clients["cookie"].force_login(asker.world.staff["lead"])
    for name in NAMES:
        row = row_named(name)
        needs_token = row.operation.needs_token
        if needs_token and set(TABLE[name]["anonymous"]) == {"401"}:
            path = path_of(asker, row, "tenant")
            answer = asker.send("cookie", row.operation.method, path, b"{}")
            assert answer.status == 401, name
            assert answer.changed == frozenset(), name


@pytest.mark.parametrize("name", NAMES)
def test_other_media_types_are_refused(asker, name):
    """A form or plain text is no JSON: a page may send those without asking first."""
    row = row_named(name)
    if row.operation.body is None or row.ask.raw is not None:
        return
    if not set(row.operation.media_types) & set(JSON):
        return
    actor = who_may(name)
    for media_type in MEDIA_TYPES:
        answer = asker.ask(row, actor, content_type=media_type)
        if TABLE[name][actor][0].startswith("2"):  # else it is refused before that
            assert answer.status == 415, (media_type, answer.status)
        assert clean(asker, row, actor, answer) == [], media_type
