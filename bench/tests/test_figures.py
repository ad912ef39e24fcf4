"""Aims that are met, missed, forgotten; runs that go on where they stopped."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from bench.__main__ import run_topic, topics
from bench.figures import Aim, judge, percentile
from bench.state import State

AIMS = (
    Aim("violations", "==", 0),
    Aim("p50_ratio", "<=", 4.0, scales=("full",)),
    Aim("kills", ">=", 3),
)


def test_met_aims_are_good():
    verdict = judge(AIMS, {"violations": 0, "kills": 3}, "small")
    assert verdict.is_good


def test_an_aim_of_another_scale_is_not_held():
    assert judge(AIMS, {"violations": 0, "kills": 3, "p50_ratio": 9}, "small").is_good
    assert not judge(
        AIMS, {"violations": 0, "kills": 3, "p50_ratio": 9}, "full"
    ).is_good


def test_a_missed_aim_names_what_was_found():
    verdict = judge(AIMS, {"violations": 2, "kills": 3}, "small")
    assert verdict.misses == ("violations == 0 (found 2)",)


def test_an_aim_that_nobody_measured_fails_the_run(capsys):
    topic = SimpleNamespace(AIMS=AIMS, measure=lambda run: run.figure("kills", 3))
    assert run_topic(topic, "forgetful", "small") == 1
    lines = capsys.readouterr().out.splitlines()
    assert "  never measured: violations == 0" in lines
    assert json.loads(lines[-1])["misses"] == []


def test_the_last_line_is_one_object(capsys):
    def measure(run):
        run.figure("kills", 4)
        run.figure("violations", 0)

    topic = SimpleNamespace(AIMS=AIMS, measure=measure)
    assert run_topic(topic, "good", "small") == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["topic"] == "good"
    assert last["scale"] == "small"
    assert last["figures"]["kills"] == 4
    assert last["misses"] == []


def test_a_stopped_run_goes_on_with_the_same_code_only(tmp_path):
    file = tmp_path / "topic-full.json"
    State(file, commit="a").put("part", {"p50": 1.5})
    assert State(file, commit="a").get("part") == {"p50": 1.5}
    assert State(file, commit="b").get("part") is None


def test_a_complete_run_leaves_no_state(tmp_path):
    state = State(tmp_path / "topic-full.json", commit="a")
    state.put("part", 1)
    state.forget()
    assert State(tmp_path / "topic-full.json", commit="a").get("part") is None


def test_percentiles_are_values_that_were_measured():
    assert percentile([5.0, 1.0, 3.0], 0.5) == 3.0
    assert percentile([5.0, 1.0, 3.0], 0.99) == 5.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_every_topic_says_what_it_aims_at():
    import importlib

    for name in topics():
        topic = importlib.import_module(f"bench.{name.replace('-', '_')}")
        assert topic.AIMS, name
        assert any("small" in aim.scales for aim in topic.AIMS), name
        assert callable(topic.measure), name
