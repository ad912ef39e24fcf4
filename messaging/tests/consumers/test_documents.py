"""docs/api/asyncapi.yaml and docs/api/realtime.md say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from django.conf import settings

from messaging.consumers.frames import FROM_APPS, PATH, TO_APPS, Closing, parse
from messaging.tests import factories
from messaging.tests.consumers.phones import Phone, ask

API = Path(settings.BASE_DIR) / "docs" / "api"
SPEC = yaml.safe_load((API / "asyncapi.yaml").read_text(encoding="utf-8"))
MANUAL = (API / "realtime.md").read_text(encoding="utf-8")
MESSAGES = SPEC["components"]["messages"]


def problems_of(frame):
    """Return what the specification has against *frame*."""
    schema = {"components": SPEC["components"], **MESSAGES[frame["type"]]["payload"]}
    checker = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return [error.message for error in checker.iter_errors(frame)]


def of_operation(name):
    found = SPEC["operations"][name]["messages"]
    return {item["$ref"].rpartition("/")[2] for item in found}


def test_the_specification_has_the_frames_of_the_code():
    assert SPEC["asyncapi"].startswith("3.")
    assert of_operation("fromApps") == FROM_APPS
    assert of_operation("toApps") == TO_APPS
    assert set(MESSAGES) == FROM_APPS | TO_APPS
    assert set(SPEC["channels"]["realtime"]["messages"]) == set(MESSAGES)
    assert SPEC["channels"]["realtime"]["address"] == PATH


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_example_is_right(name):
    examples = MESSAGES[name]["examples"]
    assert examples
    for example in examples:
        frame = example["payload"]
        assert frame["type"] == name
        assert problems_of(frame) == []
        if name in FROM_APPS:
            assert parse(json.dumps(frame)) is not None


def test_the_specification_refuses_what_is_wrong():
    assert problems_of({"type": "beat", "cursor": -1})
    assert problems_of({"type": "event", "useq": 1, "kind": "message"})
    assert problems_of({"type": "live", "more": 1})


def test_the_session_of_the_manual_is_right():
    lines = re.findall(r"^([→←]) (\{.*\})$", MANUAL, re.MULTILINE)
    assert len(lines) > 8
    for arrow, text in lines:
        frame = json.loads(text)
        assert problems_of(frame) == []
        assert frame["type"] in (FROM_APPS if arrow == "→" else TO_APPS)
        if arrow == "→":
            assert parse(text) is not None


def test_the_manual_has_every_code():
    told = {int(code) for code in re.findall(r"^\| (\d{4}) \|", MANUAL, re.MULTILINE)}
    assert told == {int(code) for code in Closing} | {1012}


async def test_real_frames_are_as_specified(sockets, ama, kossi):
    phone = await Phone(ama.user).online()
    room = await ask(factories.about_listing, kossi.user, ama.user)
    await phone.say(room, "Bonjour")
    await phone.say(room, "")
    await phone.reach(2)
    await phone.send(
        type="cursor", conversation_id=str(room.pk), delivered_seq=1, read_seq=1
    )
    await phone.reach(3)
    await phone.send(type="beat", cursor=3)
    await phone.until("beat")
    await phone.raw("?")
    assert await phone.closed() == 4400
    await phone.leave()
    phone.cursor = 0
    await phone.online()
    await phone.leave()
    phone.cursor = 99
    assert await phone.connect()
    await phone.hello()
    await phone.until("live")
    await phone.leave()
    assert {frame["type"] for frame in phone.frames} == TO_APPS - {"expiring"}
    assert {event["kind"] for event in phone.events} == {
        "message",
        "cursor",
        "conversation",
    }
    for frame in phone.frames:
        assert problems_of(frame) == [], frame
