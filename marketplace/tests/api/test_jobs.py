"""Jobs over HTTP: money, codes, pictures, approval, dispute, cancellation, reviews."""

from datetime import timedelta
from uuid import UUID

import pytest

from accounts.models import Case
from lokahome.core import clock
from lokahome.core.ids import uuid7
from marketplace.models import Job, Review
from marketplace.queries.jobs import code_of
from marketplace.tests import factories as make
from payments.models import Charge

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/jobs"
REVIEWS = "/api/v1/reviews"


def do(client, job, deed, body=None, key=None):
    return client.post(
        f"{JOBS}/{job.pk}/{deed}",
        body or {},
        headers={"Idempotency-Key": str(key or uuid7())},
    )


def see(client, job):
    return client.get(f"{JOBS}/{job.pk}").json()


def wrong_code(job, kind):
    right = int(code_of(job, kind))
    return f"{(right + 1) % 1_000_000:06d}"


def francs(amount):
    return {"amount": amount, "currency": "XOF"}


@pytest.fixture
def held(job):
    """The repair's job, paid: Kossi's money is held."""
    make.captured(make.asked(job))
    make.tell()
    job.refresh_from_db()
    return job


def test_the_whole_life_of_a_job(job, kossi, ama, afi):
    key = uuid7()
    paid, again = (do(kossi, job, "payments", key=key) for _ in range(2))
    assert paid.status_code == 202, paid.content
    assert (paid.json()["status"], paid.json()["next_action"]) == ("created", "wait")
    assert paid.json()["amount"] == francs(make.PRICE)
    assert paid.json() == again.json()
    assert kossi.get(paid["Location"]).json()["id"] == paid.json()["id"]
    make.captured(Charge.objects.get(pk=UUID(paid.json()["id"])))
    make.tell()

    shown = see(kossi, job)
    assert (shown["status"], shown["payment_id"]) == ("funded", paid.json()["id"])
    code = shown["start_code"]
    assert see(ama, job)["start_code"] == code
    assert len(code) == 6
    provider = see(afi, job)
    assert (provider["start_code"], provider["finish_code"]) == ("", "")
    assert (provider["payment_id"], provider["place"] is not None) == (None, True)
    assert {"start", "cancel", "add_photo"} <= set(provider["allowed_actions"])
    assert see(ama, job)["allowed_actions"] == ["add_photo"]

    begun = do(afi, job, "start", {"code": code})
    assert begun.status_code == 200, begun.content
    shown = see(ama, job)
    assert (shown["status"], shown["start_code"]) == ("started", "")
    finish = shown["finish_code"]
    early = do(afi, job, "delivery", {"code": finish})
    assert early.json()["code"] == "job.photo_missing"
    handed = do(
        afi,
        job,
        "delivery",
        {"code": finish, "upload_ids": [str(make.photo_of(afi.user))]},
    )
    assert handed.status_code == 200, handed.content
    assert [p["moment"] for p in see(kossi, job)["photos"]] == ["finish"]
    assert "approve" in see(kossi, job)["allowed_actions"]
    approved = do(kossi, job, "approval")
    assert approved.json()["status"] == "approved"
    make.tell()

    over = see(afi, job)
    assert (over["status"], over["place"], over["refund"]) == (
        "closed",
        None,
        francs(0),
    )
    assert over["allowed_actions"] == ["review"]
    ticket = kossi.get(f"/api/v1/tickets/{job.request.ticket_id}").json()
    assert (ticket["status"], ticket["cost"]) == ("resolved", francs(make.PRICE))


def test_no_answer_to_the_provider_holds_a_code(held, afi):
    codes = {code_of(held, kind) for kind in ("start", "finish")}
    for path in (JOBS, f"{JOBS}/{held.pk}"):
        text = afi.get(path).content.decode()
        assert not [code for code in codes if f'"{code}"' in text]


def test_five_wrong_codes_lock_it_until_the_customer_renews(held, kossi, ama, afi):
    wrong = {"code": wrong_code(held, "start")}
    answers = [do(afi, held, "start", wrong) for _ in range(6)]
    assert [answer.json()["code"] for answer in answers] == ["job.code_wrong"] * 5 + [
        "job.code_locked"
    ]
    held.refresh_from_db()
    right = {"code": code_of(held, "start")}
    assert do(afi, held, "start", right).status_code == 409
    shown = see(kossi, held)
    assert (shown["is_code_locked"], shown["start_code"]) == (True, "")
    assert "renew_code" in shown["allowed_actions"]
    assert do(ama, held, "codes", {"kind": "start"}).status_code == 403
    assert do(kossi, held, "codes", {"kind": "finish"}).status_code == 409
    renewed = do(kossi, held, "codes", {"kind": "start"}).json()
    assert renewed["is_code_locked"] is False
    assert renewed["start_code"] != right["code"]
    begun = do(afi, held, "start", {"code": renewed["start_code"]})
    assert begun.json()["status"] == "started"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12a456", "１２３４５６"])
def test_what_is_no_code_costs_no_try(code, held, afi):
    assert do(afi, held, "start", {"code": code}).status_code == 422
    held.refresh_from_db()
    assert held.start_tries == 0


def test_what_cancelling_costs_is_told_before(kossi, afi, stranger):
    job = make.accepted(
        kossi.user, afi.user, starts_at=clock.now() + timedelta(hours=6)
    )
    before = see(kossi, job)["cancellation_terms"]
    assert before["now"] == {"refund": francs(0), "to_provider": francs(0)}
    table = [(s["lead_seconds"], s["refund"]["amount"]) for s in before["steps"]]
    assert table == [(86_400, 23_500), (14_400, 21_150), (0, 17_625), (-1, 11_750)]
    make.captured(make.asked(job))
    make.tell()
    told = see(kossi, job)["cancellation_terms"]["now"]
    assert told == {"refund": francs(21_150), "to_provider": francs(2_350)}
    mine = see(afi, job)["cancellation_terms"]["now"]
    assert mine == {"refund": francs(make.PRICE), "to_provider": francs(0)}

    assert do(stranger, job, "cancellation", {"reason": "Non"}).status_code == 404
    assert do(kossi, job, "cancellation", {}).status_code == 422
    key = uuid7()
    done, again = (
        do(kossi, job, "cancellation", {"reason": "Plus besoin"}, key) for _ in range(2)
    )
    assert done.status_code == 200, done.content
    assert again["Idempotency-Replayed"] == "true"
    shown = done.json()
    assert (shown["status"], shown["cancelled_by"]) == ("cancelled", "customer")
    assert shown["refund"] == told["refund"]
    assert shown["cancellation_terms"]["now"] is None
    assert make.refunds() == [21_150]


def test_a_dispute_opens_a_case_and_keeps_the_money(kossi, afi):
    job = make.delivered(kossi.user, afi.user)
    body = {"reason": "L’eau coule encore"}
    key = uuid7()
    first, again = (do(kossi, job, "dispute", body, key) for _ in range(2))
    assert first.status_code == 200, first.content
    assert first.json() == again.json()
    shown = see(afi, job)
    assert (shown["status"], shown["disputed_by"]) == ("disputed", "customer")
    assert shown["dispute_reason"] == body["reason"]
    case = Case.objects.get()
    assert (case.queue, case.subject) == ("disputes", f"job:{job.pk}")
    assert do(kossi, job, "approval").status_code == 409
    assert make.refunds() == []


def test_a_deed_without_a_key_is_refused(held, kossi):
    before = make.snapshot()
    for deed in ("payments", "approval", "dispute", "cancellation"):
        refused = kossi.post(f"{JOBS}/{held.pk}/{deed}", {"reason": "Non"})
        assert refused.json()["code"] == "idempotency.key_missing"
    assert make.snapshot() == before


def test_paying_twice_is_refused(held, kossi):
    refused = do(kossi, held, "payments")
    assert (refused.status_code, refused.json()["code"]) == (409, "job.not_payable")
    assert Charge.objects.count() == 1


def test_pictures_come_from_the_parties_while_there_is_work(held, ama, afi, stranger):
    mine = {"upload_id": str(make.photo_of(ama.user)), "moment": "start"}
    first, again = do(ama, held, "photos", mine), do(ama, held, "photos", mine)
    assert first.status_code == 201, first.content
    assert first.json() == again.json()
    assert first.json()["moment"] == "start"
    assert do(afi, held, "photos", mine).status_code == 404
    assert do(stranger, held, "photos", mine).status_code == 404
    late = {"upload_id": str(make.photo_of(afi.user)), "moment": "finish"}
    assert do(afi, held, "photos", late).json()["code"] == "job.no_photo_now"
    assert held.photos.count() == 1


def test_reviews_are_revealed_together(kossi, afi, anonymous):
    job = make.closed(kossi.user, afi.user)
    assert "review" in see(kossi, job)["allowed_actions"]
    body = {"id": str(uuid7()), "job_id": str(job.pk), "rating": 4, "text": "Propre"}
    mine = kossi.post(REVIEWS, body)
    assert mine.status_code == 201, mine.content
    assert mine.json() == kossi.post(REVIEWS, body).json()
    assert mine.json()["is_revealed"] is False
    assert "review" not in see(kossi, job)["allowed_actions"]
    second = kossi.post(REVIEWS, {**body, "id": str(uuid7())})
    assert second.json()["code"] == "review.already_written"
    about = {"about": str(afi.id)}
    assert anonymous.get(REVIEWS, about).json()["data"] == []
    afi.post(REVIEWS, {"job_id": str(job.pk), "rating": 5})
    (shown,) = anonymous.get(REVIEWS, about).json()["data"]
    assert (shown["rating"], shown["author_initials"]) == (4, "K. H.")
    assert "Hounsou" not in str(shown)
    assert anonymous.get("/api/v1/providers").json()["data"][0]["rating_tenths"] == 40
    assert Review.objects.count() == 2


@pytest.mark.parametrize("rating", [0, 6, "5 étoiles", None])
def test_a_bad_rating_is_refused(rating, kossi, afi):
    job = make.closed(kossi.user, afi.user)
    refused = kossi.post(REVIEWS, {"job_id": str(job.pk), "rating": rating})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/rating"
    assert not Review.objects.exists()


def test_lists_are_filtered_strictly(held, kossi, ama, afi, stranger):
    find = lambda who, **ask: who.get(JOBS, ask).json()["data"]  # noqa: E731
    ask = {"status": "funded", "request": str(held.request_id)}
    for client, role in ((kossi, "customer"), (ama, "occupant"), (afi, "provider")):
        assert [row["id"] for row in find(client, role=role, **ask)] == [str(held.pk)]
    assert find(kossi, role="provider") == []
    assert find(stranger) == []
    for ask in ({"role": "king"}, {"status": "lost"}, {"customer": str(kossi.id)}):
        assert kossi.get(JOBS, ask).status_code == 400
    assert kossi.get(REVIEWS, {"rating": "5"}).status_code == 400


@pytest.mark.parametrize(("path", "most"), [(JOBS, 4), (REVIEWS, 2)])
def test_lists_cost_a_constant_number_of_queries(
    path, most, kossi, afi, django_assert_max_num_queries
):
    jobs = [make.closed(kossi.user, afi.user) for _ in range(2)]
    jobs.append(make.accepted(kossi.user, afi.user))
    make.review(kossi.user, jobs[0])
    make.review(kossi.user, jobs[1])
    for job in jobs[:2]:
        assert job.photos.exists()
    with django_assert_max_num_queries(most):
        assert kossi.get(path).json()["data"]
    assert Job.objects.count() == 3


def test_a_job_is_read_again_only_when_it_changed(held, kossi, afi):
    url = f"{JOBS}/{held.pk}"
    etag = kossi.get(url)["ETag"]
    assert kossi.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert afi.get(url)["ETag"] != etag, "another reader sees no code"
