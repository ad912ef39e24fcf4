"""Somebody with an open phone in hand gives the account a number of theirs; it is undone."""

from __future__ import annotations

from typing import Any

from deploy.demo.client import expect
from deploy.demo.journey import Journey, Told
from deploy.demo.people import CODE, Person, Phone, mtn_number, sign_in
from deploy.demo.steps.leaving import prove_again

WARNING = "Ce n'est pas moi"


def throw_out_a_number(journey: Journey) -> Told:
    """Add a number as a thief would; say « ce n’est pas moi »: it opens nothing."""
    person = journey.stranger
    own = Phone(journey.addresses, person.phone)
    before = own.last_id()
    number = mtn_number()
    _add(journey, person, number)
    expect(number in _numbers(person), "the number was not added")
    sms = own.wait(WARNING, after=before)
    prove_again(journey, person)
    done = person.api.post("me/not-me")
    expect(done["numbers"] == 1, f"it took {done['numbers']} numbers off")
    expect(_numbers(person) == [person.phone], f"left are {_numbers(person)}")
    stranger = sign_in(journey.addresses, number)
    expect(stranger["user"]["id"] != person.id, "the number still opens the account")
    return [
        f"SMS to the number that was there before: “{sms}”",
        "one act takes the new number off; a code to it opens another, empty account",
    ]


def _add(journey: Journey, person: Person, number: str) -> None:
    claim = person.api.post("me/phones", {"number": number})
    found = CODE.search(Phone(journey.addresses, number).wait("code"))
    expect(found, "no code in the SMS")
    assert found is not None  # noqa: S101 - for the type checker
    person.api.post(f"me/phones/{claim['id']}/verification", {"code": found[1]})


def _numbers(person: Person) -> list[str]:
    rows: list[dict[str, Any]] = person.api.get("me/phones")["data"]
    return [row["number"] for row in rows if row["is_current"]]
