"""Habits that a linter does not know: sizes, names, the one clock, the one wake-up."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PACKAGES = (
    "lokahome",
    "accounts",
    "payments",
    "properties",
    "marketplace",
    "messaging",
    "deploy",
    "bench",
)
SOURCES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "tests" not in path.parts and "migrations" not in path.parts
]
PRODUCT = [
    path
    for path in SOURCES
    if path.relative_to(ROOT).parts[0] not in {"deploy", "bench"}
]
LONGEST = 350
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|misc|base_utils)(_|$)")
NOW_OF_THE_MACHINE = {"now", "utcnow", "today"}
CLOCK = "lokahome/core/clock.py"
WAKE_UP = "lokahome/core/management/commands/run_relay.py"
RUN_NOW = "lokahome/core/admin/jobs.py"


def name_of(path):
    return str(path.relative_to(ROOT))


def calls(path):
    """Yield the dotted name and the line of every call in *path*."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def found(paths, matches, *, except_in=()):
    return [
        f"{name_of(path)}:{line} {name}"
        for path in paths
        if name_of(path) not in except_in
        for name, line in calls(path)
        if matches(name)
    ]


def test_no_file_holds_two_topics():
    long = {
        name_of(path): lines
        for path in SOURCES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}


def test_no_file_is_a_drawer_for_whatever():
    names = {part for path in SOURCES for part in path.relative_to(ROOT).parts}
    assert [n for n in names if FORBIDDEN_NAMES.search(n.removesuffix(".py"))] == []


def test_there_is_one_clock():
    """timezone.now(), datetime.now(), date.today(): tests could not move them."""

    def asks_the_machine(name):
        *owner, last = name.split(".")
        return last in NOW_OF_THE_MACHINE and owner[-1:] in (
            ["timezone"],
            ["datetime"],
            ["date"],
        )

    product = [path for path in PRODUCT if "simulators" not in path.parts]
    assert found(product, asks_the_machine, except_in={CLOCK}) == []


def test_only_the_relay_and_an_operator_wake_celery():
    """A task started from a service is lost with the broker; a row is not.

    An operator who runs a periodic job sees that nothing happened, and runs it again.
    """

    def starts_a_task(name):
        return name.rpartition(".")[2] in {"delay", "apply_async", "send_task"}

    product = [path for path in PRODUCT if "simulators" not in path.parts]
    assert found(product, starts_a_task, except_in={WAKE_UP, RUN_NOW}) == []


def test_no_signal_carries_a_fact_between_apps():
    def connects(name):
        return re.search(r"(pre|post)_(save|delete|init)\.connect$", name)

    def receives(name):
        return name == "receiver"

    assert found(PRODUCT, connects) == []
    assert found(PRODUCT, receives) == []


def test_nobody_sleeps_in_the_product():
    product = [path for path in PRODUCT if "simulators" not in path.parts]
    # httpcore asks its backend for a way to sleep.
    retries = "lokahome/core/http/network.py"
    sleeps = found(product, lambda name: name == "time.sleep", except_in={retries})
    assert sleeps == []


def test_money_is_never_a_float():
    """float() appears where distances are measured, and nowhere near an amount."""
    ours = [path for path in PRODUCT if "payments" in path.parts]
    ours = [path for path in ours if "simulators" not in path.parts]
    assert found(ours, lambda name: name in {"float", "Decimal"}) == []


def test_no_module_prints():
    commands = [path for path in PRODUCT if "management" not in path.parts]
    commands = [path for path in commands if "simulators" not in path.parts]
    assert found(commands, lambda name: name == "print") == []


def test_every_module_says_what_it_is_for():
    silent = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if text.strip() and ast.get_docstring(ast.parse(text)) is None:
            silent.append(name_of(path))
    assert silent == []


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX", "HACK"])
def test_nothing_is_left_for_later_in_a_comment(word):
    pattern = re.compile(rf"#.*\b{word}\b")
    assert [
        name_of(path)
        for path in SOURCES
        if pattern.search(path.read_text(encoding="utf-8"))
    ] == []
