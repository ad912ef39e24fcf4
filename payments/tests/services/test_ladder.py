"""When the gateway is asked again."""

from datetime import timedelta

from lokahome.core import clock
from payments.services import ladder


def test_it_is_quick_at_first_then_patient():
    assert ladder.WAITS[:4] == (5, 10, 20, 40)
    elapsed = 0
    for wait in ladder.WAITS:
        if elapsed < 900:
            assert wait <= 60
        elapsed += wait
    assert timedelta(days=6) < timedelta(seconds=elapsed) < timedelta(days=8)


def test_each_wait_is_jittered_by_a_tenth_at_most():
    now = clock.now()
    for step, wait in enumerate(ladder.WAITS):
        seen = {ladder.next_check(step, now=now) - now for _ in range(20)}
        assert len(seen) > 1
        assert min(seen) >= timedelta(seconds=wait * 0.9)
        assert max(seen) <= timedelta(seconds=wait * 1.1)


def test_the_ladder_ends():
    assert ladder.next_check(len(ladder.WAITS), now=clock.now()) is None


def test_silence_is_asked_again_between_half_a_minute_and_five():
    now = clock.now()
    for step in range(len(ladder.WAITS) + 1):
        wait = (ladder.check_after_silence(step, now=now) - now).total_seconds()
        assert 27 <= wait <= 330
