"""GET receipts, receipts/{id}: the paper of a captured payment."""

import pytest

from lokahome.core import clock
from lokahome.core.documents.models import DocumentNumber, SealedDocument
from payments.models import Receipt
from payments.services.confirming import confirm_with_gateway
from payments.services.receipts import NotPaid, issue_receipt

pytestmark = pytest.mark.django_db
URL = "/api/v1/receipts"


@pytest.fixture
def paid(sent_charge, gateway, ama, kossi):
    charge = sent_charge(payer=ama.id, payee=kossi.id)
    gateway.approve(charge.reference, fee=630)
    confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="webhook")
    charge.refresh_from_db()
    return charge


@pytest.fixture
def receipt(paid):
    return issue_receipt(charge_id=paid.pk, now=clock.now())


def test_it_works(receipt, paid, ama):
    body = ama.get(f"{URL}/{receipt.pk}").json()
    assert body["payment_id"] == str(paid.pk)
    assert body["number"].startswith("RC-")
    assert body["amount"] == {"amount": 35_000, "currency": "XOF"}
    link = body["document"]["url"]
    page = ama.get(link[link.index("/d/") :])
    assert page.status_code == 200
    assert page.content.startswith(b"%PDF")
    assert ama.get(f"/api/v1/payments/{paid.pk}").json()["receipt_id"] == str(
        receipt.pk
    )


def test_a_phone_that_has_the_payment_still_gets_its_receipt(paid, ama):
    path = f"/api/v1/payments/{paid.pk}"
    etag = ama.get(path)["ETag"]
    receipt = issue_receipt(charge_id=paid.pk, now=clock.now())
    again = ama.get(path, HTTP_IF_NONE_MATCH=etag)
    assert again.status_code == 200
    assert again.json()["receipt_id"] == str(receipt.pk)


def test_the_answer_with_a_link_is_stored_by_nobody(receipt, ama):
    assert ama.get(f"{URL}/{receipt.pk}")["Cache-Control"] == "private, no-store"


def test_again_is_the_same_paper(receipt, paid):
    assert issue_receipt(charge_id=paid.pk, now=clock.now()) == receipt
    assert SealedDocument.objects.count() == 1
    assert DocumentNumber.objects.count() == 1


def test_the_check_page_shows_initials_and_no_name(receipt, anonymous):
    document = SealedDocument.objects.get(pk=receipt.document_id)
    page = anonymous.get(f"/r/{document.number.token}")
    text = page.content.decode()
    assert page.status_code == 200
    assert "A. D." in text
    assert "Dossou" not in text
    assert "Hounsou" not in text


def test_no_paper_without_money(sent_charge):
    charge = sent_charge()
    with pytest.raises(NotPaid):
        issue_receipt(charge_id=charge.pk, now=clock.now())
    assert Receipt.objects.count() == 0
    assert DocumentNumber.objects.count() == 0


def test_both_parties_see_it_others_do_not(
    receipt, ama, kossi, finance, stranger, anonymous
):
    for person in (ama, kossi):
        assert person.get(f"{URL}/{receipt.pk}").status_code == 200
        assert len(person.get(URL).json()["data"]) == 1
    assert stranger.get(f"{URL}/{receipt.pk}").status_code == 404
    assert stranger.get(URL).json()["data"] == []
    for person in (anonymous, finance):
        assert person.get(f"{URL}/{receipt.pk}").status_code == 401


def test_a_list_costs_a_constant_number_of_queries(
    receipt, ama, django_assert_max_num_queries
):
    with django_assert_max_num_queries(3):
        assert len(ama.get(URL).json()["data"]) == 1
