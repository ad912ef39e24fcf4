"""Which doors are open, and that there are no others than those of the document.

`open_views.txt` lists every view of the API whose guard is not the house's own: who adds
one adds a line, and somebody reads it. `restricted.txt` lists what a person whose account
is restricted may still change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny
from rest_framework.settings import api_settings

from lokahome.tests.security.asking import row_named
from lokahome.tests.security.operations import PARAMETER, operations
from lokahome.tests.security.table import ACTORS, operations_in, read_lines, read_table

TABLE = read_table()
NAMES = operations_in(TABLE)
NOT_IN_THE_DOCUMENT = {("GET", "/api/v1/docs"), ("GET", "/api/v1/schema")}
"""They show the document."""
OUTSIDE = "outside.txt"


def patterns(
    resolver: URLResolver | None = None, prefix: str = "/"
) -> Iterator[tuple[str, URLPattern]]:
    """Yield every path of the platform with its pattern, prefixes joined."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, path)
        else:
            yield path, entry


def plain(path: str) -> str:
    """Return *path* with its parameters as ``{}``: the schema names them otherwise."""
    while "<" in path:
        head, _open, tail = path.partition("<")
        path = f"{head}{{}}{tail.partition('>')[2]}"
    return path


def api_views() -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Yield path, view class and the methods it maps, of every path of the API."""
    for path, pattern in patterns():
        view = getattr(pattern.callback, "cls", None)
        if path.startswith("/api/v1/") and view is not None:
            mapped = getattr(pattern.callback, "actions", None)
            yield plain(path), view, mapped or methods_of(view)


def methods_of(view: Any) -> dict[str, str]:
    """Return the methods that a plain view handles."""
    names = [name for name in view.http_method_names if name != "options"]
    return {name: name for name in names if hasattr(view, name)}


def guards(view: Any, mapped: dict[str, str]) -> set[tuple[str, ...]]:
    """Return the names of the guards of a view, its actions' own included."""
    found = set()
    for action in mapped.values():
        handler = getattr(view, action, None)
        kept = getattr(handler, "kwargs", {}).get("permission_classes")
        classes = kept if kept is not None else view.permission_classes
        found.add(tuple(guard.__name__ for guard in classes))
    return found


def test_open_views_are_listed():
    """Whoever opens a view says so where it is read."""
    usual = {tuple(guard.__name__ for guard in api_settings.DEFAULT_PERMISSION_CLASSES)}
    found = {
        (view.__name__, *names)
        for _path, view, mapped in api_views()
        for names in guards(view, mapped) - usual
    }
    assert found == set(read_lines("open_views.txt"))
    assert any(AllowAny.__name__ in line for line in found)


def test_every_path_of_the_api_is_in_the_document():
    """Nothing answers that clients are not told of, and nothing is told that does not."""
    routed = {
        (method.upper(), path)
        for path, _view, mapped in api_views()
        for method in mapped
        if method != "head"
    }
    documented = {
        (o.method, PARAMETER.sub("{}", o.path)) for o in operations().values()
    }
    assert routed - documented == NOT_IN_THE_DOCUMENT
    assert documented - routed == set()


def test_every_view_of_the_api_is_a_guarded_class():
    """A plain function would have no guard at all."""
    functions = {
        plain(path)
        for path, pattern in patterns()
        if path.startswith(("/api", "/^api")) and not hasattr(pattern.callback, "cls")
    }
    # What is no path: 404 in the API's words.
    assert functions == {"/^api(?:/|$)"}


def test_paths_outside_the_api_are_listed():
    """Pages and probes: each one is read by somebody before it is there."""
    found = {
        plain(path)
        for path, _pattern in patterns()
        if not path.startswith(("/api", "/^api", "/admin/", "/^media"))
    }
    assert found == {words[0] for words in read_lines(OUTSIDE)}


@pytest.mark.parametrize("name", NAMES)
def test_a_restricted_person_changes_nothing_new(asker, name):
    """Money that is owed can be paid, work finished, a decision appealed; no more."""
    row = row_named(name)
    actor = next((a for a in ACTORS if TABLE[name][a][0].startswith("2")), None)
    if row.operation.is_safe or row.operation.is_open or actor in {None, "anonymous"}:
        return
    answer = asker.ask(row, actor, is_restricted=True)
    is_refused = answer.status == 403 and b'"account.restricted"' in answer.body
    is_listed = (name,) in read_lines("restricted.txt")
    assert is_refused is not is_listed, (answer.status, answer.body[:300])
    if is_refused:
        assert answer.changed == frozenset()


def test_restrictions_are_about_operations():
    """A line about an operation that is gone would open the next one of that name."""
    assert {name for (name,) in read_lines("restricted.txt")} <= set(NAMES)
