"""The demo's own parts: numbers, photographs, forms, refusals, failing honestly."""

from __future__ import annotations

import io

import httpx
from PIL import Image

from deploy.demo.addresses import Addresses
from deploy.demo.backoffice import Forms
from deploy.demo.client import Refused, Unexpected
from deploy.demo.journey import Journey, walk
from deploy.demo.people import APPROVES, mtn_number
from deploy.demo.photos import has_metadata, has_position, photographs
from lokahome.core.phones import guess_operator, normalise_phone

NOWHERE = Addresses(public="http://127.0.0.1:9", simulator="http://127.0.0.1:9")


def test_numbers_are_valid_numbers_of_mtn_with_their_ending():
    for _ in range(200):
        number = mtn_number(APPROVES)
        assert normalise_phone(number) == number
        assert guess_operator(number) == "mtn"
        assert number.endswith(APPROVES)


def test_photographs_hold_the_position_that_must_vanish():
    for picture in photographs(lat=6.3654, lng=2.4183, seed=1):
        assert has_position(picture)
        assert has_metadata(picture)
        assert Image.open(io.BytesIO(picture)).size == (1600, 1200)


def test_a_picture_made_anew_has_no_metadata():
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "WEBP")
    assert not has_position(out.getvalue())
    assert not has_metadata(out.getvalue())


def test_forms_are_read_with_their_hidden_fields():
    page = (
        '<form method="post" action="/x/decide/publish">'
        '<input type="hidden" name="version" value="3"><button>Publier</button></form>'
        "<input name='outside' value='1'>"
    )
    (form,) = Forms(page).found
    assert form.action == "/x/decide/publish"
    assert form.fields == {"version": "3"}


def test_a_refusal_shows_its_problem():
    request = httpx.Request("GET", "http://127.0.0.1/api/v1/leases/1")
    headers = {"Content-Type": "application/problem+json"}
    body = {"code": "resource.not_found", "title": "Introuvable"}
    refused = Refused(httpx.Response(404, request=request, json=body, headers=headers))
    assert refused.code == "resource.not_found"
    assert "Introuvable" in str(refused)


def test_a_failed_step_ends_the_walk_and_says_why(capsys):
    def fail(_: Journey) -> list[str]:
        raise Unexpected("the first result is another home")

    def never(_: Journey) -> list[str]:
        raise AssertionError("a step after a failure")

    assert not walk(Journey(NOWHERE), [("search", fail), ("apply", never)])
    told = capsys.readouterr()
    assert "FAILED" in told.out
    assert "the first result is another home" in told.err
