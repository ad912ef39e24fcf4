"""The hand-written documents say what the code does: tables, paths and links.

A table that differs fails with the text to put in its place.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import get_resolver

from lokahome.core.invariants import INVARIANTS
from lokahome.core.states import StateMachine

ROOT = Path(settings.BASE_DIR)
WRITTEN = sorted(
    path
    for path in (
        *ROOT.glob("docs/**/*.md"),
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        ROOT / "CHANGELOG.md",
    )
    if path != ROOT / "docs" / "events.md"
)
ARCHITECTURE = ROOT / "docs" / "architecture.md"
TOP = "accounts|properties|marketplace|payments|messaging|lokahome|deploy|docs|bench"


def machines() -> dict[str, StateMachine]:
    """Return every state machine that stands beside a model, by its noun."""
    found = {}
    rooms = tuple(f"{app.name}.models" for app in apps.get_app_configs())
    for name, module in list(sys.modules.items()):
        if module is not None and name.startswith(rooms):
            for value in list(vars(module).values()):
                if isinstance(value, StateMachine):
                    found[value.noun] = value
    return found


def table_of(machine: StateMachine) -> str:
    """Return a machine's edges, those that differ by their start alone in one row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for item in machine.edges:
        key = (item.action, ", ".join(sorted(item.who)), item.target)
        rows.setdefault(key, []).append(item.source)
    lines = ["| action | who | from | to |", "|---|---|---|---|"]
    lines += [
        f"| `{action}` | {who} | {', '.join(sources)} | {target} |"
        for (action, who, target), sources in rows.items()
    ]
    return "\n".join(lines)


def invariants_table() -> str:
    """Return the registered invariants."""
    lines = ["| name | claim |", "|---|---|"]
    lines += [f"| `{name}` | {INVARIANTS[name].claim} |" for name in sorted(INVARIANTS)]
    return "\n".join(lines)


def part(name: str) -> str:
    """Return what stands between the markers of *name* in the architecture page."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    found = re.search(
        rf"<!-- {re.escape(name)} -->\n(.*?)\n<!-- end -->", text, re.DOTALL
    )
    return found[1].strip() if found else ""


def test_every_state_machine_is_printed_as_it_is():
    wanted = {noun: table_of(machine) for noun, machine in machines().items()}
    assert len(wanted) >= 7
    for noun, table in wanted.items():
        assert part(f"states:{noun}") == table, f"states:{noun}\n{table}"


def test_every_invariant_is_listed():
    assert part("invariants") == invariants_table(), invariants_table()


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: str(p.relative_to(ROOT)))
def test_paths_in_code_font_exist(page):
    text = page.read_text(encoding="utf-8")
    for path in re.findall(rf"`((?:{TOP})/[\w./-]+)`", text):
        assert (ROOT / path).exists(), f"{page.name}: {path}"


def test_functions_named_with_their_file_are_in_it():
    """``name`` (`path.py`) in the architecture page: the file defines the name."""
    text = ARCHITECTURE.read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)`\s+\(`([\w/]+\.py)`\)", text)
    assert len(named) >= 20
    for name, path in named:
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(
            rf"\b(?:def|class) {name}\b|^{name}\b", source, re.MULTILINE
        ), (
            name,
            path,
        )


def api_paths(patterns, prefix="") -> set[str]:
    """Return the words of every API path, without its parameters."""
    found = set()
    for item in patterns:
        route = prefix + str(item.pattern)
        if hasattr(item, "url_patterns"):
            found |= api_paths(item.url_patterns, route)
        elif route.startswith("api/v1/"):
            found.add(re.sub(r"/?<[^>]+>", "", route.removeprefix("api/v1/")))
    return found


def test_the_api_page_names_every_path():
    text = (ROOT / "docs" / "api" / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"/\{[^}]+\}", "", text)
    for path in api_paths(get_resolver().url_patterns):
        noun, _slash, rest = path.partition("/")
        whole = path if noun in {"auth", "me"} else noun
        assert (
            f"`{whole}`" in text or f"`{whole}/" in text or f"`{whole}?" in text
        ), path
        if rest and whole == noun:
            assert rest in text, path
