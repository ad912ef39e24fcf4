"""Services in the back-office: reading them, and deciding a dispute."""

import pytest
from django.urls import reverse

from accounts.models import Case
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from marketplace.queries.jobs import code_of
from marketplace.services.disputes import dispute_job
from marketplace.tests import factories as make
from payments.queries import held_in, payable_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def disputed(kossi, afi):
    """A delivered job that its customer contests."""
    job = make.delivered(kossi.user, afi.user)
    return dispute_job(
        job_id=job.pk,
        person=kossi.user,
        reason="L’eau coule encore",
        now=clock.now(),
    )


def page_of(client, row):
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return client.get(reverse(name, args=[row.pk]))


def list_of(client, model):
    return client.get(reverse(f"admin:marketplace_{model}_changelist"))


def decide(client, row, decision="decide-dispute", **data):
    name = f"admin:marketplace_{row._meta.model_name}_decide"
    body = {
        "version": row.version,
        "to_customer": 10_000,
        "reason": "À refaire en partie",
        **data,
    }
    url = reverse(name, args=[row.pk, decision])
    return client.post(url, body, format="multipart", follow=True)


def test_staff_split_the_money_of_a_dispute(disputed, moderator, afi):
    page = page_of(moderator, disputed).content.decode()
    for part in (
        "Fuite sous l’évier",
        "L’eau coule encore",
        "Siphon et joints",
        "23\u202f500\u00a0F\u00a0CFA",
        "Trancher le litige",
        "À la fin",
        "Livrée → En litige",
    ):
        assert part in page, part
    answer = decide(moderator, disputed)
    assert "Décision enregistrée" in answer.content.decode()
    make.tell()
    disputed.refresh_from_db()
    assert (disputed.status, disputed.to_customer) == ("closed", 10_000)
    assert (make.refunds(), payable_of(afi.id).amount) == ([10_000], 13_500)
    assert held_in(disputed.escrow_id).amount in {0, 10_000}
    case = Case.objects.get()
    assert (case.status, case.decision) == ("decided", "split")
    assert case.decided_by == moderator.user
    deed = AuditEvent.objects.get(action="marketplace.job.decide-dispute")
    assert deed.actor_id == moderator.id


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"to_customer": ""},
        {"to_customer": -1},
        {"to_customer": 23_501},
        {"to_customer": "10 000 F"},
        {"version": 1},
    ],
    ids=str,
)
def test_a_decision_that_is_not_whole_changes_nothing(wrong, disputed, moderator):
    before = make.snapshot()
    decide(moderator, disputed, **wrong)
    assert make.snapshot() == before
    assert Case.objects.get().status == "open"


def test_who_may_not_decide_does_not(disputed, finance, checker, kossi, afi, anonymous):
    before = make.snapshot()
    for client in (finance, checker, kossi, afi, anonymous):
        decide(client, disputed)
    assert make.snapshot() == before
    assert page_of(finance, disputed).status_code == 403


def test_a_decided_dispute_is_not_decided_again(disputed, moderator):
    decide(moderator, disputed, to_customer=0)
    disputed.refresh_from_db()
    before = make.snapshot()
    decide(moderator, disputed, to_customer=23_500)
    assert make.snapshot() == before
    page = page_of(moderator, disputed).content.decode()
    assert 'class="lh-decision' not in page


def test_no_page_shows_a_code_or_a_whole_number(kossi, afi, moderator):
    job = make.funded(kossi.user, afi.user)
    codes = {code_of(job, kind) for kind in ("start", "finish")}
    profile = afi.user.provider_profile
    pages = [
        page_of(moderator, job),
        page_of(moderator, profile),
        list_of(moderator, "job"),
        list_of(moderator, "providerprofile"),
    ]
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200
        assert not [code for code in codes if code in text]
        assert afi.user.phone not in text
    base = f"{profile.base_point.y:.5f}"
    assert base not in pages[1].content.decode()


def test_a_request_shows_its_quotes_line_by_line(kossi, afi, moderator):
    make.provider(afi.user)
    row = make.request(kossi.user)
    make.quote(afi.user, row, note="Demain matin")
    page = page_of(moderator, row).content.decode()
    for part in ("Plomberie Adjovi", "Siphon et joints", "Demain matin", "Envoyé"):
        assert part in page, part


def test_a_review_is_hidden_with_a_reason(kossi, afi, moderator, finance):
    job = make.closed(kossi.user, afi.user)
    review = make.review(kossi.user, job, rating=1)
    make.review(afi.user, job)
    review.refresh_from_db()
    decide(finance, review, "withhold")
    decide(moderator, review, "withhold", reason="")
    review.refresh_from_db()
    assert review.withheld_at is None
    decide(moderator, review, "withhold", reason="Insulte")
    review.refresh_from_db()
    assert review.withheld_at is not None
    afi.user.provider_profile.refresh_from_db()
    assert afi.user.provider_profile.rating_count == 0
    assert "Masqué" in page_of(moderator, review).content.decode()


@pytest.mark.parametrize(
    "model",
    ["servicecategory", "providerprofile", "servicerequest", "job", "review"],
)
def test_staff_see_everything_read_only(
    model, kossi, afi, moderator, django_assert_max_num_queries
):
    job = make.closed(kossi.user, afi.user)
    make.review(kossi.user, job)
    make.closed(kossi.user, afi.user)
    with django_assert_max_num_queries(14):
        page = list_of(moderator, model)
    assert page.status_code == 200
    row = page.context["cl"].queryset.first()
    url = reverse(f"admin:marketplace_{model}_change", args=[row.pk])
    detail = moderator.get(url)
    assert detail.status_code == 200
    assert 'name="_save"' not in detail.content.decode()
    assert moderator.post(url, {}).status_code == 403


@pytest.mark.parametrize("noun", ["job", "ticket"])
def test_a_case_leads_to_what_it_is_about(noun, disputed, moderator):
    from accounts.admin.case_views import VIEWS

    address = VIEWS[noun].url_for(Case.objects.get(), disputed.pk)
    assert str(disputed.pk) in address


def test_pages_name_things_and_leave_out_what_is_empty(
    disputed, moderator, finance, db
):
    case = Case.objects.get(subject=disputed.subject())
    escrow = reverse("admin:payments_escrow_change", args=[disputed.escrow_id])

    page = page_of(moderator, disputed).content.decode()
    # The breadcrumb, as a row prints itself.
    assert f"{disputed.pk} disputed" not in page
    assert "Rendez-vous" not in page
    assert "Livré le" in page
    assert reverse("admin:accounts_case_change", args=[case.pk]) in page
    assert escrow not in page  # the moderator may not open it

    assert "Fuite sous l’évier" in page_of(moderator, case).content.decode()
    cases = reverse("admin:accounts_case_changelist")
    for address, client in (
        (cases, moderator),
        (reverse("admin:payments_escrow_changelist"), finance),
        (escrow, finance),
    ):
        shown = client.get(address).content.decode()
        assert "Fuite sous l’évier" in shown
        assert disputed.subject() not in shown
