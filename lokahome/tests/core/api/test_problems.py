"""Problem details: one shape for every refusal, and never a line of HTML."""

from __future__ import annotations

import json
import re

import pytest
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError, OperationalError, connection
from django.http import Http404
from django.test import Client
from rest_framework import exceptions as drf

from lokahome.core.errors import CATALOGUE, DomainError, FieldError, InvalidInput
from lokahome.core.ids import uuid7

REQUIRED = {
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "code",
    "request_id",
    "is_retryable",
}


def problem(response, status, code):
    """Return the problem that *response* is, after the checks that hold for each."""
    assert response.status_code == status, response.content[:300]
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert set(body) >= REQUIRED
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response["Request-Id"]
    assert body["type"].endswith(f"/api/v1/problems#{code}")
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Language"] == "fr"
    assert "<" not in body["title"]
    return body


def raising(error):
    def does(request):
        raise error

    return does


CASES = [
    (drf.ValidationError({"a": ["non"]}), 422, "request.invalid"),
    (ModelValidationError("non"), 422, "request.invalid"),
    (drf.ParseError(), 400, "request.malformed"),
    (drf.NotAuthenticated(), 401, "auth.required"),
    (drf.AuthenticationFailed(), 401, "auth.required"),
    (drf.PermissionDenied(), 403, "auth.not_allowed"),
    (PermissionDenied(), 403, "auth.not_allowed"),
    (drf.NotFound(), 404, "resource.not_found"),
    (Http404(), 404, "resource.not_found"),
    (drf.MethodNotAllowed("GET"), 405, "request.method_not_allowed"),
    (drf.NotAcceptable(), 406, "request.not_acceptable"),
    (drf.UnsupportedMediaType("text/csv"), 415, "request.unsupported_media_type"),
    (drf.Throttled(wait=30), 429, "rate.limited"),
    (RequestDataTooBig(), 413, "request.too_large"),
    (SuspiciousOperation(), 400, "request.malformed"),
    (DataError(), 400, "request.malformed"),
    (UnicodeDecodeError("utf-8", b"x", 0, 1, "x"), 400, "request.malformed"),
    (OperationalError(), 503, "service.unavailable"),
    (ZeroDivisionError("a secret of the code"), 500, "server.error"),
]


@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
@pytest.mark.parametrize(
    ("error", "status", "code"), CASES, ids=lambda case: type(case).__name__
)
def test_whatever_a_view_raises_becomes_a_problem(
    fault, settings, error, status, code, debug
):
    settings.DEBUG = debug
    body = problem(fault(raising(error)), status, code)
    assert "secret" not in json.dumps(body)
    assert body["instance"] == "/api/v1/fault"


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.code)
def test_every_refusal_of_the_catalogue_can_be_answered(fault, kind):
    body = problem(fault(raising(kind())), kind.status, kind.code)
    assert body["title"]
    assert body["detail"]
    assert body["is_retryable"] == kind.retryable


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.code)
def test_every_refusal_of_the_catalogue_is_well_formed(kind):
    assert re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", kind.code)
    assert 400 <= kind.status < 600
    assert kind.__doc__, "its page says the cause"
    assert kind.__doc__ != DomainError.__doc__


def test_two_refusals_never_share_a_code():
    with pytest.raises(TypeError, match="share the code"):
        type("Other", (DomainError,), {"code": "resource.not_found"})
    assert CATALOGUE["resource.not_found"].__name__ == "NotFound"


def test_the_catalogue_is_published_whole(anonymous):
    response = anonymous.get("/api/v1/problems")
    assert response.status_code == 200
    listed = {entry["code"]: entry for entry in response.json()["data"]}
    assert set(listed) == set(CATALOGUE)
    entry = listed["rate.limited"]
    assert entry["status"] == 429
    assert entry["is_retryable"] is True
    assert entry["cause"].startswith("A limit is reached")


def test_a_refusal_tells_every_failure_the_wait_and_what_is_allowed(fault):
    error = InvalidInput(
        errors=[
            FieldError("a", "un", pointer="/x"),
            FieldError("b", "", parameter="y"),
        ],
        retry_after_seconds=7,
        allowed_actions=["submit"],
    )
    response = fault(raising(error))
    body = problem(response, 422, "request.invalid")
    assert body["errors"] == [
        {"pointer": "/x", "code": "a", "detail": "un"},
        {"parameter": "y", "code": "b"},
    ]
    assert body["retry_after_seconds"] == 7
    assert body["allowed_actions"] == ["submit"]
    assert body["is_retryable"] is True
    assert response["Retry-After"] == "7"


def test_all_failures_come_at_once_with_their_places(anonymous):
    response = anonymous.post(
        "/api/v1/form",
        {
            "money": {"amount": 1.5, "currency": "XOF"},
            "point": {"lat": 91, "lng": 2},
            "names": ["ok", "beaucoup trop long", {"no": 1}],
            "note": "x" * 11,
        },
    )
    body = problem(response, 422, "request.invalid")
    found = {error["pointer"]: error["code"] for error in body["errors"]}
    assert found == {
        "/money": "money_type",
        "/point": "point",
        "/phone": "required",
        "/names/1": "max_length",
        "/names/2": "invalid",
        "/note": "max_length",
    }


def test_a_member_whose_name_has_a_slash_still_has_a_valid_pointer():
    """RFC 6901: ~ is ~0 and / is ~1 inside a step."""
    from lokahome.core.api.problems import flatten

    details = {"a/b~c": [{"message": "non", "code": "bad"}]}
    assert [error.pointer for error in flatten(details)] == ["/a~1b~0c"]


def test_what_concerns_the_whole_body_points_at_the_whole_body():
    """RFC 6901: the whole document is the empty pointer."""
    from lokahome.core.api.problems import flatten

    details = {"non_field_errors": [{"message": "non", "code": "bad"}]}
    assert [error.pointer for error in flatten(details)] == [""]


# --- Paths and methods that do not exist ---------------------------------------------


@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/listings",
        "/api/v1/nowhere",
        "/api/v1/uploads/not-a-uuid",
        "/api/v1/problems/",
        "/api/v1/%00",
        "/api/v1/%ff%fe",
        "/api/v1/../admin",
        "/api/v1/" + "a" * 3_000,
    ],
)
def test_a_path_that_does_not_exist_is_a_problem(anonymous, settings, path, debug):
    settings.DEBUG = debug
    problem(anonymous.get(path), 404, "resource.not_found")


def test_no_method_makes_an_unknown_path_answer_html():
    """A plain view behind CSRF protection would answer a POST with Django's page."""
    client = Client(enforce_csrf_checks=True)
    for method in ("post", "put", "patch", "delete", "options"):
        response = getattr(client, method)("/api/v1/nowhere")
        problem(response, 404, "resource.not_found")


def test_a_host_that_is_not_ours_is_refused_without_html(anonymous):
    response = anonymous.get("/api/v1/problems", HTTP_HOST="evil.example")
    problem(response, 400, "request.malformed")


@pytest.mark.parametrize(
    "path",
    ["/api/v1/problems", "/api/v1/app-config", "/api/v1/schema", "/api/v1/docs"],
)
def test_a_method_that_does_not_exist_is_a_problem(anonymous, path):
    response = anonymous.delete(path, HTTP_ACCEPT="*/*")
    problem(response, 405, "request.method_not_allowed")
    assert "GET" in response["Allow"]


def test_a_refusal_without_a_token_says_how_to_sign_in(anonymous, db):
    response = anonymous.get("/api/v1/shelf")
    problem(response, 401, "auth.required")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Bearer x.y.z", "Bearer a b c", "Bearer é"]
)
def test_a_token_that_means_nothing_is_refused(anonymous, db, header):
    response = anonymous.get("/api/v1/shelf", HTTP_AUTHORIZATION=header)
    problem(response, 401, "auth.required")


def test_a_request_that_wants_no_json_is_refused_in_json(ama):
    response = ama.get("/api/v1/shelf", HTTP_ACCEPT="text/html")
    problem(response, 406, "request.not_acceptable")


def test_another_persons_object_and_no_object_look_the_same(ama, stranger, put):
    row = put(ama)
    theirs = problem(stranger.get(f"/api/v1/shelf/{row.pk}"), 404, "resource.not_found")
    none = problem(stranger.get(f"/api/v1/shelf/{uuid7()}"), 404, "resource.not_found")
    for body in (theirs, none):
        del body["instance"], body["request_id"]
    assert theirs == none


# --- Bodies --------------------------------------------------------------------------


def send(client, raw, content_type="application/json", path="/api/v1/form"):
    return client.post(path, data=raw, content_type=content_type)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"nonsense",
        b"[]",
        b'"text"',
        b"1",
        b"null",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1,}',
        b"{'a': 1}",
        b'{"note": "a\\u0000b"}',
        b'{"note": "\xff\xfe"}',
        b'{"note": "\\ud800"}',
        b'\xef\xbb\xbf{"note": "x"}',
        b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
    ],
    ids=lambda raw: raw[:24].decode("latin-1"),
)
def test_a_body_that_is_no_strict_json_object_is_refused(anonymous, raw):
    problem(send(anonymous, raw), 400, "request.malformed")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", "x"],
)
def test_a_body_of_another_type_is_refused(anonymous, content_type):
    response = send(anonymous, b'{"note": "x"}', content_type=content_type)
    problem(response, 415, "request.unsupported_media_type")


def test_a_body_above_the_limit_is_refused(anonymous, settings):
    raw = b'{"note": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    problem(send(anonymous, raw), 413, "request.too_large")


def test_a_body_above_the_limit_of_an_idempotent_path_is_refused(ama, settings):
    raw = b'{"note": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    response = send(ama, raw, path="/api/v1/shelf")
    problem(response, 413, "request.too_large")


@pytest.mark.parametrize("number", ["9" * 30, "1e400", "-" + "9" * 400, "9" * 5_000])
def test_numbers_beyond_reason_are_refused_and_never_crash(ama, number):
    raw = f'{{"size_bytes": {number}, "id": "{uuid7()}"}}'.encode()
    response = send(ama, raw, path="/api/v1/drawer")
    assert response.status_code in {400, 422}
    assert response["Content-Type"] == "application/problem+json"


# --- Faults --------------------------------------------------------------------------


@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
def test_a_fault_is_answered_with_the_request_id_and_nothing_else(
    fault, settings, debug, caplog
):
    settings.DEBUG = debug
    response = fault(raising(RuntimeError("SELECT secret FROM somewhere")))
    body = problem(response, 500, "server.error")
    assert set(body) == REQUIRED
    assert "secret" not in response.content.decode()
    assert "RuntimeError" in caplog.text, "staff find it in the log"


def test_a_fault_under_test_is_raised_and_not_swallowed(anonymous):
    from lokahome.tests.core.api import doors

    doors.FaultView.does = staticmethod(raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        anonymous.get("/api/v1/fault")


def test_a_row_that_exists_already_is_a_conflict_and_not_a_fault(fault, ama, put):
    """Two requests may pass the same look before they insert: the database decides."""
    row = put(ama)

    def insert_again(request):
        put(ama, id=row.pk)

    problem(fault(insert_again), 409, "resource.already_exists")


def test_any_other_broken_constraint_is_a_fault_of_ours(fault, ama, put):
    problem(fault(lambda _: put(ama, size_bytes=0)), 500, "server.error")


def test_an_integrity_error_without_a_cause_is_a_fault(fault):
    problem(fault(raising(IntegrityError("?"))), 500, "server.error")


def test_a_problem_is_written_in_the_readers_language(fault):
    does = raising(InvalidInput())
    french, english = fault(does), fault(does, HTTP_ACCEPT_LANGUAGE="en")
    assert french["Content-Language"] == "fr"
    assert english["Content-Language"] == "en"
    assert french.json()["code"] == english.json()["code"]
    assert "Accept-Language" in french["Vary"]


def test_a_statement_that_the_database_cannot_read_is_a_bad_request(fault, db):
    def query(request):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::integer", ["99999999999999"])

    problem(fault(query), 400, "request.malformed")
