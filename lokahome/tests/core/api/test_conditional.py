"""Conditional requests: nothing sent twice, nothing changed unseen."""

from __future__ import annotations

import pytest

from lokahome.core.files.models import Upload
from lokahome.tests.core.api.test_problems import problem
from lokahome.tests.people import make_person, sign_in
from lokahome.tests.threads import race


@pytest.fixture
def row(ama, put):
    return put(ama)


@pytest.fixture
def path(row):
    return f"/api/v1/shelf/{row.pk}"


def change(client, path, etag=None, size=9, **headers):
    if etag is not None:
        headers["HTTP_IF_MATCH"] = etag
    return client.patch(path, {"size_bytes": size}, **headers)


def test_a_single_object_has_a_strong_etag_made_of_its_version(ama, path):
    response = ama.get(path)
    assert response["ETag"].startswith('"1-')
    assert response["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', 'W/"x",W/{}'])
def test_what_the_reader_has_is_not_sent_again(ama, path, form):
    """gzip weakens the ETag on its way out: it comes back with W/."""
    etag = ama.get(path)["ETag"]
    response = ama.get(path, HTTP_IF_NONE_MATCH=form.format(etag))
    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == etag


def test_a_compressed_answer_still_answers_304(ama, path):
    response = ama.get(path, HTTP_ACCEPT_ENCODING="gzip")
    again = ama.get(path, HTTP_IF_NONE_MATCH=response["ETag"])
    assert again.status_code == 304


def test_after_a_change_the_object_is_sent_again(ama, path):
    etag = ama.get(path)["ETag"]
    changed = change(ama, path, etag)
    assert changed.status_code == 200
    assert changed["ETag"].startswith('"2-')
    response = ama.get(path, HTTP_IF_NONE_MATCH=etag)
    assert response.status_code == 200
    assert response["ETag"] == changed["ETag"]


def test_the_etag_depends_on_language_view_and_what_is_allowed(ama, path, row):
    etags = [
        ama.get(path)["ETag"],
        ama.get(path, HTTP_ACCEPT_LANGUAGE="en")["ETag"],
        ama.get(path, {"view": "card"})["ETag"],
    ]
    Upload.objects.filter(pk=row.pk).update(status="whole", file_name="x")
    etags.append(ama.get(path)["ETag"])
    assert len(set(etags)) == 4
    assert {etag.partition("-")[0] for etag in etags} == {'"1'}


def test_a_change_without_if_match_is_refused(ama, path, row):
    problem(change(ama, path), 428, "version.required")
    row.refresh_from_db()
    assert (row.size_bytes, row.version) == (1, 1)


@pytest.mark.parametrize(
    "etag",
    ['"2"', '"0"', '"1', "1", "*", "W/", '"x"', '"1-zz"', '"' + "9" * 30 + '"', '""'],
)
def test_a_change_of_another_version_is_refused_and_changes_nothing(
    ama, path, row, etag
):
    problem(change(ama, path, etag), 412, "version.stale")
    row.refresh_from_db()
    assert (row.size_bytes, row.version) == (1, 1)


@pytest.mark.parametrize("form", ['"1"', 'W/"1"', '"1-abc"', ' "1-0123456789ab" '])
def test_if_match_compares_the_version_alone(ama, path, row, form):
    """The reader's language or view must not make a change stale."""
    assert change(ama, path, form).status_code == 200
    row.refresh_from_db()
    assert (row.size_bytes, row.version) == (9, 2)


def test_of_ten_changes_of_one_version_one_wins(committed, put):
    user = make_person(name="Ama", phone="+2290197000001", roles=())
    clients = [sign_in(user) for _ in range(10)]
    row = put(clients[0])
    path = f"/api/v1/shelf/{row.pk}"
    answers = race(10, lambda i: change(clients[i], path, '"1"', size=100 + i))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [412] * 9
    row.refresh_from_db()
    assert row.version == 2


def test_another_persons_object_is_not_found_before_any_precondition(
    stranger, path, row
):
    problem(change(stranger, path), 404, "resource.not_found")


def test_merge_patch_is_read(ama, path):
    response = ama.patch(
        path,
        data=b'{"size_bytes": 4}',
        content_type="application/merge-patch+json",
        HTTP_IF_MATCH='"1"',
    )
    assert response.json()["size_bytes"] == 4
