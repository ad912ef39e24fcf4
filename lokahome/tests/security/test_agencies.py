"""Every operation that knows agencies, asked by an agency's members and by its rival.

The rows come from the OpenAPI document, as those of the whole table do; the columns are
who is in an agency or was, and who works at the same unit for another one. Each agency
has a name, numbers, fees and words of its own, which no other agency may be told.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.api.contexts import OFFERED, OWN, PERSONAL
from accounts.api.serializers.agencies import AgencySerializer
from lokahome.tests.security.asking import Row, row_named, rows
from lokahome.tests.security.checking import ask_all, secrets_in
from lokahome.tests.security.table import (
    ACTORS,
    AGENCIES,
    disclosures_without_a_reason,
    header,
    read_disclosures,
    read_lines,
    read_table,
    written,
)
from lokahome.tests.security.watching import undone
from properties.models.mandates import MandateQuerySet

ONES_OWN = frozenset(
    {
        *("appeals", "identity-checks", "notification-preferences", "notifications"),
        *("realtime", "reports", "uploads"),
    }
)
"""Nouns that are one person's, in whosever name they ask: the whole table asks there."""
TABLE = read_table(AGENCIES)
DISCLOSED = read_disclosures(AGENCIES.actors)


def rows_of_agencies() -> Iterator[Row]:
    """Yield the rows whose operation may answer an agency otherwise than a person."""
    for row in rows():
        path = row.operation.path
        noun = path.removeprefix("/api/v1/").split("/")[0]
        is_persons = OWN.match(path) or PERSONAL.match(path) or OFFERED.match(path)
        if not (is_persons or row.operation.is_open or noun in ONES_OWN):
            yield row


def test_the_table_is_complete(asker):
    """A new operation that knows agencies has its row here too."""
    wanted = {row.name: row for row in rows_of_agencies()}
    stale = sorted(TABLE.keys() - wanted.keys())
    assert not stale, f"no such operation any more: {', '.join(stale)}"
    missing = [row for name, row in wanted.items() if name not in TABLE]
    proposed = [
        written(row.name, ask_all(asker, row, form=AGENCIES).answers, AGENCIES)
        for row in missing
    ]
    said = "agencies.txt lacks rows; read them, then add them:"
    assert not missing, "\n".join([said, header(AGENCIES), *proposed])


def test_every_noun_that_is_left_out_is_there():
    """A noun that is gone would leave out what comes in its place."""
    nouns = {r.operation.path.removeprefix("/api/v1/").split("/")[0] for r in rows()}
    assert nouns >= ONES_OWN


@pytest.mark.parametrize("name", TABLE)
def test_answers(asker, name):
    """Each member gets the table's answers, and learns nothing of another agency."""
    found = ask_all(asker, row_named(name), TABLE[name], AGENCIES)
    proposed = (
        f"\nproposed: {written(name, found.answers, AGENCIES)}" if found.faults else ""
    )
    assert found.faults == [], "\n".join(found.faults) + proposed
    allowed = DISCLOSED.get(name, set())
    assert found.told - allowed == set(), "secrets of others: not in disclosures.txt"
    assert allowed - found.told == set(), "disclosures.txt allows what nobody is told"


def test_disclosures_are_about_rows():
    """A line about a row that is gone would allow something for ever."""
    assert DISCLOSED.keys() - TABLE.keys() == set()
    actors = {words[1] for words in read_lines("disclosures.txt")}
    assert actors <= {*AGENCIES.actors, *ACTORS}


def test_what_is_told_of_an_agency_has_its_reason():
    """Whoever lets a name or a fee out of an agency says in the line why."""
    assert disclosures_without_a_reason() == []


# --- The rival on the same unit --------------------------------------------------------


def test_the_rival_sees_the_unit_and_its_own_mandate_alone(asker):
    """It works there: it reads the home. Who else does, for what, it does not."""
    here, beside = asker.world.sides["here"], asker.world.sides["beside"]
    assert here.things["mandate"].unit_id == beside.things["mandate"].unit_id
    unit = here.things["unit_entrusted"].pk
    assert asker.send("rival", "GET", f"/api/v1/units/{unit}").status == 200
    listed = asker.send("rival", "GET", f"/api/v1/mandates?unit={unit}").body.decode()
    assert str(beside.things["mandate"].pk) in listed
    assert str(here.things["mandate"].pk) not in listed


@pytest.mark.parametrize("kind", ["called", "ifu", "rccm", "fee", "ending"])
def test_every_canary_is_where_it_may_be_read(asker, kind):
    """A canary that no answer holds would guard nothing."""
    for actor, side in (("owner", "here"), ("rival", "beside")):
        answers = [
            asker.send(actor, "GET", f"/api/v1/{path}").body.decode()
            for path in ("agencies", "mandates")
        ]
        assert any(asker.world.sides[side].firm[kind] in text for text in answers)


# --- Controls: what is planted is found ------------------------------------------------


def test_a_rivals_mandate_in_a_list_is_found(asker, monkeypatch):
    """Whoever forgets the agency shows the fee and the name of the other one."""
    monkeypatch.setattr(MandateQuerySet, "visible_to", lambda self, _user: self)
    found = ask_all(asker, row_named("mandate_list"), None, AGENCIES)
    kinds = {secret for actor, secret in found.told if actor == "rival"}
    assert {"rival.agency.called", "rival.agency.fee"} <= kinds
    kinds = {secret for actor, secret in found.told if actor == "owner"}
    assert {"rival.agency.fee", "strange.agency.fee"} <= kinds


def test_a_number_under_another_name_is_found(asker, monkeypatch):
    """A tax number is one wherever it stands."""
    theirs = asker.world.sides["beside"].firm["ifu"]
    monkeypatch.setattr(
        AgencySerializer, "get_allowed_actions", lambda _self, _agency: [theirs]
    )
    with undone():
        answer = asker.send("owner", "GET", "/api/v1/agencies")
    assert list(secrets_in(asker, "owner", answer)) == ["rival.agency.ifu"]
