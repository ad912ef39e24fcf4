"""Keyset pages: no row twice, none lost, and cursors that nobody can bend."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lokahome.core.api import cursors
from lokahome.core.api.cursors import BadCursor, binding, decode, encode
from lokahome.core.errors import BadRequest
from lokahome.core.files.models import Upload
from lokahome.core.ids import uuid7
from lokahome.tests.core.api.doors import ShelfViewSet
from lokahome.tests.core.api.test_problems import problem

SHELF = "/api/v1/shelf"
MOMENT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def fill(person, sizes):
    """Put uploads on a shelf, several of one size and of one moment."""
    rows = [
        Upload(
            id=uuid7(),
            owner_id=person.id,
            kind="photo",
            mime="image/png",
            size_bytes=size,
            sha256="0" * 64,
            created_at=MOMENT + timedelta(seconds=size % 2),
        )
        for size in sizes
    ]
    return Upload.objects.bulk_create(rows)


def pages(client, sort, limit, **parameters):
    """Yield the ids of each page from the first to the last."""
    cursor = None
    for _ in range(200):
        query = {"sort": sort, "limit": limit, **parameters}
        if cursor:
            query["cursor"] = cursor
        response = client.get(SHELF, query)
        assert response.status_code == 200, response.content
        body = response.json()
        yield [row["id"] for row in body["data"]]
        assert body["has_more"] == (body["next_cursor"] is not None)
        cursor = body["next_cursor"]
        if not cursor:
            return
    raise AssertionError("the pages never end")


@hypothesis_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    sizes=st.lists(st.integers(1, 4), max_size=40),
    limit=st.integers(1, 12),
    sort=st.sampled_from(sorted(ShelfViewSet.sorts)),
)
def test_small_pages_are_one_big_page_whatever_the_ties(ama, sizes, limit, sort):
    Upload.objects.all().delete()
    fill(ama, sizes)
    (whole,) = pages(ama, sort, 100)
    assert len(whole) == len(sizes)
    parts = list(pages(ama, sort, limit))
    assert [one for part in parts for one in part] == whole
    assert all(len(part) == limit for part in parts[:-1])


def test_the_two_directions_mirror_each_other(ama):
    fill(ama, [1, 3, 2, 2, 3, 1, 2])
    (up,), (down,) = pages(ama, "smallest", 100), pages(ama, "largest", 100)
    assert up == down[::-1]


def test_rows_that_arrive_between_two_pages_neither_repeat_nor_hide_others(ama):
    fill(ama, [1] * 10)
    (before,) = pages(ama, "newest", 100)
    seen = []
    for number, page in enumerate(pages(ama, "newest", 3)):
        seen += page
        if number == 0:
            fill(ama, [1] * 5)
    assert seen == before


def test_a_list_holds_only_what_its_reader_may_see(ama, stranger):
    fill(stranger, [1] * 3)
    assert list(pages(ama, "newest", 100)) == [[]]


def test_a_page_of_many_costs_as_many_queries_as_a_page_of_few(
    ama, django_assert_max_num_queries
):
    fill(ama, [1] * 60)
    for limit in (2, 50):
        with django_assert_max_num_queries(3):
            ama.get(SHELF, {"limit": limit})


def test_an_empty_list_is_a_page(ama):
    assert ama.get(SHELF).json() == {"data": [], "next_cursor": None, "has_more": False}


# --- Cursors -------------------------------------------------------------------------


def first_cursor(client, **parameters):
    return client.get(SHELF, {"limit": 2, **parameters}).json()["next_cursor"]


def test_a_cursor_belongs_to_its_filters_order_and_path(ama):
    fill(ama, [1, 2, 3, 1, 2, 3])
    cursor = first_cursor(ama, sort="smallest", mime="image/png")
    good = {"sort": "smallest", "mime": "image/png", "cursor": cursor}
    assert ama.get(SHELF, good).status_code == 200
    assert ama.get(SHELF, {**good, "limit": 50}).status_code == 200, "limit is free"
    for other in ({"sort": "largest"}, {"mime": "image/jpeg"}, {"status": "waiting"}):
        problem(ama.get(SHELF, {**good, **other}), 400, "cursor.invalid")
    problem(ama.get("/api/v1/drawer", good), 400, "cursor.invalid")


@pytest.mark.parametrize("where", range(0, 40, 3))
def test_a_cursor_with_one_bit_changed_is_refused(ama, where):
    fill(ama, [1] * 6)
    raw = bytearray(base64.urlsafe_b64decode(first_cursor(ama) + "=="))
    raw[where % len(raw)] ^= 1
    bent = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    problem(ama.get(SHELF, {"cursor": bent}), 400, "cursor.invalid")


@pytest.mark.parametrize(
    "text", ["x", "AAAA", "é" * 20, "=", "a" * 5_000, "../../etc", "null", "%00"]
)
def test_a_cursor_that_we_never_made_is_refused(ama, text):
    problem(ama.get(SHELF, {"cursor": text}), 400, "cursor.invalid")


@given(st.text(max_size=80))
def test_no_text_crashes_the_reading_of_cursors(text):
    with pytest.raises(BadRequest):
        decode(text, "bound", length=1)


@given(st.lists(st.one_of(st.integers(-(2**53), 2**53), st.text()), max_size=4))
def test_a_cursor_holds_its_values(values):
    bound = binding("/x", {"a": "1", "cursor": "old", "limit": "3"})
    text = encode(values, bound)
    assert decode(text, bound, length=len(values)) == values
    assert bound == binding("/x", {"limit": "9", "a": "1"})
    with pytest.raises(BadCursor):
        decode(text, binding("/x", {"a": "2"}), length=len(values))
    with pytest.raises(BadCursor):
        decode(text, bound, length=len(values) + 1)


def test_a_cursor_is_opaque_to_other_keys(settings):
    text = encode([1], "bound")
    settings.CURSOR_KEY = "another" * 8
    with pytest.raises(BadCursor):
        decode(text, "bound", length=1)
    assert cursors.SIGNATURE_BYTES >= 12


# --- Parameters ----------------------------------------------------------------------


def quoted(detail):
    """Return what stands between the French quotes of *detail*."""
    return detail.partition("«")[2].partition("»")[0].strip()


@pytest.mark.parametrize(
    ("given_name", "nearest"),
    [("limti", "limit"), ("statuss", "status"), ("curser", "cursor"), ("Mime", "mime")],
)
def test_an_unknown_parameter_is_refused_with_the_nearest_valid_one(
    ama, given_name, nearest
):
    body = problem(ama.get(SHELF, {given_name: "1"}), 400, "request.bad_parameter")
    (error,) = body["errors"]
    assert error["parameter"] == given_name
    assert error["code"] == "unknown"
    assert quoted(error["detail"]) == nearest


def test_a_parameter_that_resembles_nothing_gets_no_hint(ama):
    body = problem(ama.get(SHELF, {"zzzzqqqq": "1"}), 400, "request.bad_parameter")
    assert "«" not in body["errors"][0]["detail"]


def test_an_unknown_parameter_of_a_single_object_is_refused_too(ama, put):
    row = put(ama)
    response = ama.get(f"{SHELF}/{row.pk}", {"viwe": "detail"})
    body = problem(response, 400, "request.bad_parameter")
    assert quoted(body["errors"][0]["detail"]) == "view"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=ten",
        "limit=1.5",
        "limit=%C2%B2",
        "limit=%D9%A3",
        "limit=99999999999999999999",
        "sort=price",
        "sort=-id",
        "size_bytes=big",
        "status=nowhere",
        "limit=1&limit=2",
        "mime=a&mime=b",
        "mime=a%00b",
    ],
)
def test_a_malformed_parameter_is_refused_by_its_name(ama, query):
    response = ama.get(f"{SHELF}?{query}")
    body = problem(response, 400, "request.bad_parameter")
    assert body["errors"][0]["parameter"] == query.partition("=")[0]


def test_every_bad_filter_is_named_at_once(ama):
    response = ama.get(SHELF, {"size_bytes": "big", "status": "nowhere"})
    body = problem(response, 400, "request.bad_parameter")
    names = {error["parameter"] for error in body["errors"]}
    assert names == {"size_bytes", "status"}


def test_a_number_that_the_database_cannot_hold_matches_nothing_or_is_refused(ama):
    response = ama.get(SHELF, {"size_bytes": "9" * 30})
    assert response.status_code in {200, 400}
    if response.status_code == 200:
        assert response.json()["data"] == []


def test_parameters_that_the_view_reads_itself_are_known(ama):
    assert ama.get(SHELF, {"near": "6.36,2.41"}).status_code == 200
