"""Failpoints: kill once where a fault test armed them, and nowhere else."""

from __future__ import annotations

import ast
import os
import signal
from pathlib import Path

import pytest
from django.conf import settings as live

from lokahome.core import failpoints
from lokahome.core.failpoints import NAMES, failpoint

ROOT = Path(live.BASE_DIR)
PRODUCT = ("lokahome", "accounts", "payments", "properties", "marketplace", "messaging")


@pytest.fixture
def kills(settings, tmp_path, monkeypatch):
    """Arm points in a directory; return what would have been killed."""
    settings.FAILPOINT_DIR = str(tmp_path)
    monkeypatch.setattr(failpoints, "NAMES", {"a.point", "another.point"})
    found = []
    monkeypatch.setattr(os, "kill", lambda pid, number: found.append((pid, number)))
    return found


def test_a_point_that_is_not_armed_does_nothing(kills):
    failpoint("a.point")
    assert kills == []


def test_an_armed_point_kills_this_process_once(kills, tmp_path):
    (tmp_path / "a.point").touch()
    failpoint("another.point")
    assert kills == []
    failpoint("a.point")
    assert kills == [(os.getpid(), signal.SIGKILL)]
    failpoint("a.point")
    assert len(kills) == 1, "after the restart it must not die again"


def test_a_point_that_nobody_declared_is_a_mistake(kills):
    with pytest.raises(LookupError):
        failpoint("a.typo")


def test_without_a_directory_nothing_is_looked_at(settings, kills):
    settings.FAILPOINT_DIR = ""
    failpoint("a.typo")
    assert kills == []


def points(function):
    """Return the names that the code gives to *function*."""
    found = set()
    for package in PRODUCT:
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if "tests" in path.parts or f"{function}(" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == function:
                    found |= {
                        item.value
                        for item in node.args
                        if isinstance(item, ast.Constant)
                    }
    return found


def test_every_declared_point_is_reached_by_the_code_and_the_other_way_round():
    assert points("failpoint") == points("declare")
    assert points("declare") >= NAMES
