"""The check behind the figures of `chat`: it sees what it is there to see."""

from __future__ import annotations

from bench.chat.checking import Found, compare
from bench.chat.phases import CONTROL, PHASES

LOG = [(number, "message", "room", number) for number in range(1, 6)]


def judged(seen):
    found = Found()
    compare(seen, LOG, found)
    return found.lost, found.doubled, found.out_of_order, found.wrong


def test_a_whole_copy_is_good():
    assert judged(LOG) == (0, 0, 0, 0)


def test_what_is_lost_doubled_turned_round_or_strange_is_counted():
    assert judged([*LOG[:1], *LOG[3:]]) == (2, 0, 0, 0)
    assert judged([*LOG, LOG[4]]) == (0, 1, 0, 0)
    assert judged([*LOG[:3], LOG[1], *LOG[3:]]) == (0, 1, 1, 0)
    assert judged([LOG[1], LOG[0], *LOG[2:]]) == (0, 0, 1, 0)
    assert judged([*LOG, (6, "message", "room", 6)]) == (0, 0, 0, 1)
    assert judged([]) == (5, 0, 0, 0)


def test_nobody_writes_more_than_a_person_may_in_a_minute():
    for phases in (*PHASES.values(), CONTROL):
        minute = 0.0
        for phase in phases:
            minute += phase.most
        assert minute <= 60


def test_something_breaks_in_every_run():
    assert all(any(one.breaks for one in phases) for phases in PHASES.values())
