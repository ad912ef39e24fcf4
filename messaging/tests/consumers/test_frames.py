"""Reading and writing frames, without a socket."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.consumers.bucket import Bucket
from messaging.consumers.frames import (
    MAX_FRAME,
    BadFrame,
    Beat,
    Hello,
    Send,
    encode_events,
    parse,
)

ID = "01a20893-89f3-701a-98a5-74b442b56e9c"


@pytest.mark.parametrize(
    "text",
    [
        "bonjour",
        "[]",
        "null",
        '{"type": 7}',
        '{"type": "send"}',
        '{"type": "send", "client_id": "not-a-uuid"}',
        '{"type": "send", "client_id": "{01a2089389f3701a98a574b442b56e9c12}"}',
        '{"type": "beat", "cursor": -1}',
        '{"type": "beat", "cursor": true}',
        '{"type": "beat", "cursor": 1.0}',
        '{"type": "beat", "cursor": 9007199254740992}',
        '{"type": "beat", "cursor": NaN}',
        '{"type": "cursor", "conversation_id": 1}',
        '{"type": "hello", "ticket": ""}',
        '{"type": "hello", "ticket": "x", "cursor": 3}',
        '{"type": "hello", "ticket": "\\ud800"}',
        "[" * 5000,
    ],
)
def test_what_no_app_sends_is_refused(text):
    with pytest.raises(BadFrame):
        parse(text)


def test_frames_are_read():
    assert parse('{"type": "typing", "cursor": -1}') is None
    assert parse('{"type": "beat", "cursor": 7, "more": []}') == Beat(7)
    assert parse('{"type": "hello", "ticket": "t"}') == Hello("t", None, None)
    sent = {"type": "send", "client_id": ID, "conversation_id": ID, "body": "é"}
    assert parse(json.dumps(sent)) == Send(UUID(ID), UUID(ID), "é")


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_whatever_comes_is_read_or_refused(value):
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        parse(text)
    except BadFrame:
        return


@given(st.lists(st.text(max_size=4000), min_size=1, max_size=40))
def test_events_are_packed_whole_in_order_and_within_the_limit(bodies):
    events = [{"useq": at, "body": body} for at, body in enumerate(bodies, 1)]
    told = []
    for text, useq in encode_events(events):
        assert len(text.encode()) <= MAX_FRAME
        frame = json.loads(text)
        if frame["type"] == "event":
            del frame["type"]
            told.append(frame)
        else:
            told += frame["events"]
        assert told[-1]["useq"] == useq
    assert told == events


def test_the_longest_message_fits_a_frame():
    for letter in ("x", '"', "é", "\U0001f3e0"):
        event = {"useq": 1, "message": {"body": letter * 4000}}
        ((text, _useq),) = encode_events([event])
        assert len(text.encode()) < MAX_FRAME - 4096


def test_a_bucket_refills_and_never_overflows():
    bucket = Bucket(3, 1.0)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.take(101.0)
    assert not bucket.take(101.5)
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]
