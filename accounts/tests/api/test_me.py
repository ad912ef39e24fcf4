"""One's own account over HTTP."""

from datetime import timedelta

import pytest

from accounts.api.serializers.me import MeSerializer
from accounts.models import Phone, RoleGrant, User
from accounts.models.account import account_of, with_account
from lokahome.core import clock

ME = "/api/v1/me"
ROLES = "/api/v1/me/roles"
PHONES = "/api/v1/me/phones"


def changed(client, body, **headers):
    return client.patch(ME, body, **headers)


def with_version(client, body):
    return changed(client, body, HTTP_IF_MATCH=client.get(ME)["ETag"])


def test_a_new_hat_is_seen_by_who_has_the_old_answer(ama):
    """Hats are other rows: the person's own version does not change with them."""
    etag = ama.get(ME)["ETag"]
    assert ama.post(ROLES, {"role": "landlord"}).status_code == 201
    again = ama.get(ME, HTTP_IF_NONE_MATCH=etag)
    assert again.status_code == 200
    assert {hat["role"] for hat in again.json()["roles"]} == {"tenant", "landlord"}


@pytest.mark.parametrize("path", [ME, ROLES, PHONES])
def test_an_unknown_parameter_is_refused(ama, path):
    assert ama.get(path, {"fields": "password"}).status_code == 400


@pytest.mark.parametrize("who", ["anonymous", "moderator"])
@pytest.mark.parametrize("path", [ME, ROLES, PHONES])
def test_visitors_read_nothing(request, db, who, path):
    """Nor do staff: their cookie opens the back-office, not the API."""
    answer = request.getfixturevalue(who).get(path)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_everybody_reads_themselves_only(ama, stranger):
    for person in (ama, stranger):
        body = person.get(ME).json()
        assert body["id"] == str(person.id)
        assert "password" not in body


def test_me_has_an_etag_and_answers_304_to_who_has_it(ama):
    first = ama.get(ME)
    again = ama.get(ME, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert "no-cache" in first["Cache-Control"]


def test_a_change_needs_the_version_that_was_read(ama):
    assert changed(ama, {"full_name": "X"}).status_code == 428
    stale = changed(ama, {"full_name": "X"}, HTTP_IF_MATCH='"99-abc"')
    assert (stale.status_code, stale.json()["code"]) == (412, "version.stale")
    ama.user.refresh_from_db()
    assert ama.user.full_name == "Ama Dossou"


def test_a_change_is_answered_with_the_new_state_and_etag(ama):
    before = ama.get(ME)["ETag"]
    answer = with_version(ama, {"full_name": "Ama D.", "language": "en"})
    assert answer.status_code == 200
    assert (answer.json()["full_name"], answer.json()["language"]) == ("Ama D.", "en")
    assert answer["ETag"] != before
    assert changed(ama, {}, HTTP_IF_MATCH=before).status_code == 412


@pytest.mark.parametrize(
    "body",
    [
        {"language": "fon"},
        {"full_name": "x" * 121},
        {"full_name": None},
        {"full_name": ["a"]},
        {"full_name": "a\x00b"},
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(ama, body):
    answer = with_version(ama, body)
    assert answer.status_code in {400, 422}
    ama.user.refresh_from_db()
    assert ama.user.full_name == "Ama Dossou"


@pytest.mark.parametrize(
    "name", ["is_staff", "is_superuser", "username", "password", "id", "roles", "phone"]
)
def test_nobody_changes_more_of_themselves_than_name_and_language(ama, name):
    row = dict(type(ama.user).objects.values().get(pk=ama.id))
    with_version(ama, {name: True})
    assert dict(type(ama.user).objects.values().get(pk=ama.id)) == row


def test_a_tenant_becomes_a_landlord(ama):
    answer = ama.post(ROLES, {"role": "landlord"})
    assert (answer.status_code, answer.json()["level"]) == (201, 0)
    assert ama.get(answer["Location"]).json()["role"] == "landlord"
    again = ama.post(ROLES, {"role": "landlord"})
    assert (again.status_code, again.json()["id"]) == (200, answer.json()["id"])


@pytest.mark.parametrize("role", ["admin", "king", "", None, 5])
def test_other_hats_cannot_be_taken(ama, role):
    assert ama.post(ROLES, {"role": role}).status_code == 422
    assert set(ama.user.role_names()) == {"tenant"}


def test_a_visitor_takes_no_hat(db, anonymous):
    assert anonymous.post(ROLES, {"role": "landlord"}).status_code == 401
    assert not RoleGrant.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("moderator", 401)])
def test_anothers_hat_is_not_shown(request, ama, who, status):
    grant = RoleGrant.objects.get(user=ama.user)
    answer = request.getfixturevalue(who).get(f"{ROLES}/{grant.pk}")
    assert answer.status_code == status
    assert ama.get(f"{ROLES}/{grant.pk}").status_code == 200


def test_lists_hold_ones_own_rows_only(ama, kossi):
    for person in (ama, kossi):
        roles = {row["role"] for row in person.get(ROLES).json()["data"]}
        assert roles == person.user.role_names()
        numbers = [row["number"] for row in person.get(PHONES).json()["data"]]
        assert numbers == [n for n in [person.user.phone] if n]


def test_past_numbers_are_listed_as_past(ama):
    Phone.objects.filter(user=ama.user).update(released_at=clock.now())
    Phone(user=ama.user, number="+2290197000055", verified_at=clock.now()).save()
    rows = ama.get(PHONES).json()["data"]
    assert {row["number"]: row["is_current"] for row in rows} == {
        "+2290197000001": False,
        "+2290197000055": True,
    }


@pytest.mark.parametrize("path", [ROLES, PHONES])
def test_unknown_parameters_are_a_400(ama, path):
    assert ama.get(f"{path}?colour=red").status_code == 400


@pytest.mark.parametrize(("path", "budget"), [(ME, 2), (ROLES, 3), (PHONES, 2)])
def test_reading_costs_a_constant_number_of_queries(
    ama, django_assert_max_num_queries, path, budget
):
    for index in range(10):
        number = f"+22901970002{index:02d}"
        Phone(user=ama.user, number=number, verified_at=clock.now()).save()
    for role in ("landlord", "provider"):
        RoleGrant(user=ama.user, role=role).save()
    with django_assert_max_num_queries(budget):
        assert ama.get(path).status_code == 200


def test_one_query_reads_what_many_would(ama):
    for role in ("landlord", "provider"):
        RoleGrant(user=ama.user, role=role).save()
    since = clock.now() - timedelta(days=3)
    newer = {"verified_at": since, "held_since": since}
    Phone(user=ama.user, number="+2290197000055", **newer).save()
    Phone(user=ama.user, number="+2290197000056", verified_at=clock.now()).save()
    read = account_of(with_account(User.objects.filter(pk=ama.id)).get())
    plain = User.objects.get(pk=ama.id)
    assert MeSerializer(read).data == MeSerializer(plain).data
    assert read.phone == "+2290197000055"
