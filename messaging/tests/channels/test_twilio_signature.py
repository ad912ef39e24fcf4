"""Twilio's signature, by the example of its own documentation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.channels.twilio_signature import is_signed, signature_of
from messaging.simulators import wire

# twilio.com/docs/usage/security, and the tests of Twilio's own libraries.
TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def check(**changes):
    values = {"token": TOKEN, "url": URL, "form": FORM, "signature": SIGNATURE}
    return is_signed(**{**values, **changes})


def test_the_documented_example_is_signed():
    assert signature_of(token=TOKEN, url=URL, form=FORM) == SIGNATURE
    assert check()
    assert check(form=FORM[::-1])


@pytest.mark.parametrize(
    "changes",
    [
        {"token": "12346"},
        {"token": ""},
        {"url": URL.replace("https", "http")},
        {"url": URL + "&x=1"},
        {"url": URL.partition("?")[0]},
        {"form": FORM[1:]},
        {"form": [*FORM, ("Extra", "")]},
        {"form": [*FORM[:-1], ("To", "+18005551213")]},
        {"signature": ""},
        {"signature": SIGNATURE[:-1]},
        {"signature": "é"},
    ],
)
def test_anything_else_is_not(changes):
    assert not check(**changes)


def test_a_name_that_stands_twice_is_not_signed_whatever_the_signature():
    form = [("Body", "a"), ("Body", "b")]
    signature = signature_of(token=TOKEN, url=URL, form=form)
    assert not check(form=form, signature=signature)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=6))
def test_the_simulator_and_the_platform_agree_without_sharing_code(form):
    signature = wire.signature(TOKEN, URL, form)
    assert check(form=list(form.items()), signature=signature)
