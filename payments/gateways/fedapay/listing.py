"""Looking up by our reference and walking FedaPay's lists.

Lists answer ``v1/transactions`` with ``meta`` = current_page, next_page, prev_page,
per_page (25 unless asked), total_pages, total_count (Node SDK 1.2.5, integrators).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from payments.gateways.errors import GatewayUntrusted
from payments.gateways.fedapay import parsing
from payments.gateways.fedapay.calls import FedaPayCalls

PER_PAGE = 100
_MOST_PAGES = 10_000
_SEARCH_PAGES = 3


class _Dated(Protocol):
    @property
    def gateway_id(self) -> str: ...

    @property
    def created_at(self) -> datetime | None: ...


Row = TypeVar("Row", bound=_Dated)


def find(
    calls: FedaPayCalls, name: str, reference: str, path: str | None
) -> parsing.Json | None:
    """Return the raw object whose ``merchant_reference`` is exactly `reference`."""
    if path is not None:
        where = path.format(reference=quote(reference, safe=""))
        answer = calls.look(where, {"include": "currency"})
        if answer is not None:
            row = parsing.one(answer, name)
            if row.get("merchant_reference") == reference:
                return row
            raise GatewayUntrusted("the look-up answered with another reference")
    for rows in _pages(calls, f"{name}s", {"search": reference}, _SEARCH_PAGES):
        for row in rows:
            # What the search matches is not documented: only equality counts.
            if isinstance(row, dict) and row.get("merchant_reference") == reference:
                return row
    return None


def walk(
    calls: FedaPayCalls,
    plural: str,
    read: Callable[[parsing.Json], Row],
    *,
    since: datetime,
    until: datetime,
) -> Iterator[Row]:
    """Yield each object created in [since, until) once.

    New objects push others to the next page while we walk, so an id is yielded once.
    The walk ends early only when a page is in falling order of creation and wholly
    older than `since`: the order is not documented. Rows that cannot be read do not
    hide the others: `GatewayUntrusted` is raised after the last one.
    """
    seen: set[str] = set()
    unreadable = 0
    for rows in _pages(calls, plural, {}, _MOST_PAGES):
        ages: list[datetime] = []
        for raw in rows:
            try:
                row = read(raw if isinstance(raw, dict) else {})
                if row.created_at is None:
                    raise GatewayUntrusted("an object has no date")
            except GatewayUntrusted:
                unreadable += 1
                continue
            ages.append(row.created_at)
            if row.gateway_id in seen:
                continue
            seen.add(row.gateway_id)
            if since <= row.created_at < until:
                yield row
        if ages and ages == sorted(ages, reverse=True) and ages[0] < since:
            break
    if unreadable:
        raise GatewayUntrusted(f"{unreadable} {plural} in the list cannot be read")


def _pages(
    calls: FedaPayCalls, plural: str, params: dict[str, str | int], most: int
) -> Iterator[list[Any]]:
    for page in range(1, most + 1):
        answer = calls.get(
            f"/v1/{plural}/search",
            {**params, "page": page, "per_page": PER_PAGE, "include": "currency"},
        )
        rows, meta = parsing.many(answer, plural)
        yield rows
        last = meta.get("total_pages")
        if isinstance(last, int):
            if page >= last:
                return
        elif len(rows) < PER_PAGE:
            return
