"""Walking FedaPay's lists for reconciliation."""

from datetime import UTC, datetime, timedelta

import pytest

from payments.gateways.errors import GatewayUntrusted
from payments.gateways.fedapay import listing, parsing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Pages:
    """Stands for `FedaPayCalls`: answers the pages it was given."""

    def __init__(self, pages, *, meta=True):
        self.pages, self.meta, self.asked = pages, meta, []

    def get(self, path, params):
        page = params["page"]
        self.asked.append(page)
        rows = self.pages[page - 1] if page <= len(self.pages) else []
        payload = {"v1/transactions": rows}
        if self.meta:
            payload["meta"] = {"current_page": page, "total_pages": len(self.pages)}
        return payload


def row(number, age):
    return {
        "id": number,
        "amount": 100,
        "status": "approved",
        "currency_id": 1,
        "created_at": (NOW - age).isoformat(),
    }


def walk(pages, **options):
    calls = Pages(pages, **options)
    found = listing.walk(
        calls,
        "transactions",
        lambda raw: parsing.charge(raw, {1: "XOF"}),
        since=NOW - DAY,
        until=NOW,
    )
    return calls, found


def hours(number, age):
    return row(number, timedelta(hours=age))


def test_only_the_window_is_yielded_each_once():
    _, found = walk([[hours(5, -1), hours(4, 1)], [hours(4, 1), hours(3, 2)]])
    assert [evidence.gateway_id for evidence in found] == ["4", "3"]


def test_the_window_includes_its_start_and_not_its_end():
    _, found = walk([[hours(1, 24), hours(2, 0)]])
    assert [evidence.gateway_id for evidence in found] == ["1"]


def test_newest_first_ends_at_the_first_page_that_is_too_old():
    calls, found = walk([[hours(4, 1)], [hours(3, 30), hours(2, 31)], [hours(1, 40)]])
    assert [evidence.gateway_id for evidence in found] == ["4"]
    assert calls.asked == [1, 2]


def test_another_order_is_walked_to_the_end():
    calls, found = walk([[hours(1, 40), hours(2, 30)], [hours(3, 2), hours(4, 1)]])
    assert [evidence.gateway_id for evidence in found] == ["3", "4"]
    assert calls.asked == [1, 2]


def test_a_row_that_cannot_be_read_does_not_hide_the_others():
    bad = {**hours(3, 1), "amount": "100"}
    _, found = walk([[hours(4, 1), bad, "rubbish"], [hours(2, 2)]])
    seen = [next(found).gateway_id, next(found).gateway_id]
    assert seen == ["4", "2"]
    with pytest.raises(GatewayUntrusted, match="2 transactions"):
        next(found)


def test_a_list_without_meta_ends_with_a_short_page():
    full = [hours(number, 1) for number in range(1, listing.PER_PAGE + 1)]
    calls, found = walk([full, [hours(500, 2)]], meta=False)
    assert len(list(found)) == listing.PER_PAGE + 1
    assert calls.asked == [1, 2]


def test_more_than_a_page_of_real_charges_is_listed_once(gateway, simulator):
    began = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(listing.PER_PAGE + 20):
        body = {
            "amount": 1000,
            "currency": {"iso": "XOF"},
            "description": "x",
            "merchant_reference": f"LH-LIST-{number}",
        }
        simulator.http.post(
            "/v1/transactions",
            json=body,
            headers={"Authorization": "Bearer sk_sandbox_essai"},
        ).raise_for_status()
    found = list(gateway.list_charges(since=began, until=began + DAY))
    references = [evidence.reference for evidence in found]
    assert len(references) == len(set(references))
    wanted = {f"LH-LIST-{number}" for number in range(listing.PER_PAGE + 20)}
    assert wanted <= set(references)
    assert list(gateway.list_payouts(since=began - DAY, until=began - DAY)) == []
