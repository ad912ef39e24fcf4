"""Cursors under every order in which a bad network may deliver their reports."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.models import Participant
from messaging.services.messages import move_cursor
from messaging.tests import factories as make

pytestmark = pytest.mark.django_db
WRITTEN = 6
REPORTS = st.lists(
    st.tuples(st.integers(0, WRITTEN + 3), st.integers(0, WRITTEN + 3)), max_size=8
)


@pytest.fixture
def talk(kossi, ama):
    """A conversation with some messages."""
    talk = make.about_listing(kossi.user, ama.user)
    for number in range(WRITTEN):
        make.say(talk, ama.user, f"message {number}")
    return talk


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(reports=REPORTS, data=st.data())
def test_late_repeated_and_shuffled_reports_end_where_the_best_one_says(
    talk, kossi, reports, data
):
    part = Participant.objects.get(conversation=talk, person=kossi.user)
    Participant.objects.filter(pk=part.pk).update(delivered_seq=0, read_seq=0)
    repeats = data.draw(
        st.lists(st.sampled_from(reports), max_size=4) if reports else st.just([])
    )
    before = (0, 0)
    for delivered, read in data.draw(st.permutations(reports + repeats)):
        moved = move_cursor(
            conversation_id=talk.pk,
            person=kossi.user,
            delivered_seq=delivered,
            read_seq=read,
        )
        now = (moved.participant.delivered_seq, moved.participant.read_seq)
        assert now[0] >= before[0]
        assert now[1] >= before[1]
        assert bool(moved.moved) == (now != before), "told when it moved, and only then"
        before = now
    best_read = min(max((read for _, read in reports), default=0), WRITTEN)
    best_delivered = min(max((max(pair) for pair in reports), default=0), WRITTEN)
    part.refresh_from_db()
    assert (part.delivered_seq, part.read_seq) == (best_delivered, best_read)
