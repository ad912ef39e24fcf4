""".env.example lists each variable that the code reads, and nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
READERS = {"keyring", "secret", "database", "storage"}
PRODUCT = ("lokahome", "accounts", "payments", "properties", "marketplace", "messaging")
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "PROJ_DATA"}
"""Set by us for Django and PROJ before they start, never read."""


def is_reader(function):
    if isinstance(function, ast.Name):
        return function.id in READERS
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "env"
    )


def is_environment(node):
    """Say whether *node* is ``os.environ`` or ``os.getenv``."""
    return isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}


def variables_in(source):
    """Return the names of the variables that Python text *source* reads."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            inner = getattr(node.func, "value", None)
            if (
                is_reader(node.func)
                or is_environment(node.func)
                or is_environment(inner)
            ):
                found |= literal(node.args[:1])
        elif isinstance(node, ast.Subscript) and is_environment(node.value):
            found |= literal([node.slice])
    return found


def literal(nodes):
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def read_by_the_code():
    found = set()
    for app in PRODUCT:
        for path in (ROOT / app).rglob("*.py"):
            if "tests" not in path.parts:
                found |= variables_in(path.read_text(encoding="utf-8"))
    return found - NOT_OURS


def listed(text=EXAMPLE):
    return re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, flags=re.MULTILINE)


def test_the_scan_sees_every_way_of_reading_a_variable():
    source = """
import os
A = env.bool("A1", default=False)
B = secret("B1", debug=True)
C = database("C1", OPTIONS={})
D = storage("D1", directory="x", base_url=None)
E = os.environ["E1"]
F = os.environ.get("F1", "")
G = os.getenv("G1")
H = keyring("H1", debug=True)
I = other("NOT_ONE")
"""
    assert variables_in(source) == {"A1", "B1", "C1", "D1", "E1", "F1", "G1", "H1"}


def test_every_variable_that_the_code_reads_is_listed():
    assert read_by_the_code() - set(listed()) == set()


def test_every_variable_that_is_listed_is_read():
    assert set(listed()) - read_by_the_code() == set()


def test_the_scan_finds_the_settings_themselves():
    assert {"DEBUG", "SECRET_KEY", "DATABASE_URL", "STORAGE_URL"} <= read_by_the_code()


def test_no_variable_is_listed_twice():
    assert len(listed()) == len(set(listed()))


def test_every_secret_is_marked_and_none_has_a_value():
    modules = ("settings.py", "signing_in.py")
    source = "".join((ROOT / "lokahome" / name).read_text("utf-8") for name in modules)
    secrets = set(re.findall(r'(?:secret|keyring)\(\s*"([A-Z_]+)"', source))
    assert len(secrets) >= 8
    for name in secrets:
        block = re.search(rf"# \[secret\][^\n]*\n(?:# [^\n]+\n)*#{name}=\n", EXAMPLE)
        assert block, f"{name} is marked [secret] and left empty"


def test_a_copy_of_it_changes_nothing():
    """Someone will copy it whole to .env: an example must not become a setting."""
    for line in EXAMPLE.splitlines():
        assert not line or line.startswith("#"), line


@pytest.mark.parametrize("name", sorted(set(listed())))
def test_every_variable_has_a_comment_above_it(name):
    lines = EXAMPLE.splitlines()
    index = next(i for i, line in enumerate(lines) if line.startswith(f"#{name}="))
    assert lines[index - 1].startswith("#"), name


def test_words_of_the_example_are_not_settings_of_the_example():
    assert listed("# A note\n#NAME=1\n# NOT_ONE=1\n") == ["NAME"]
