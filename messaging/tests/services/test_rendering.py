"""Each message, in each language, is one cheap segment whatever people typed."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import CodeRequest, DocumentKind
from lokahome.core.money import Money, format_money
from messaging.channels.gsm7 import SEGMENT, fold, is_gsm7, septets
from messaging.services.contexts import CONTEXTS
from messaging.services.plan import EMAIL, PLANS, SMS
from messaging.services.rendering import (
    LANGUAGES,
    LENGTHS,
    LONGEST_VALUE,
    render_app,
    render_email,
    render_sms,
)
from messaging.services.writing import CODE, EMAIL_CODE
from payments.models import Charge


def carried_by(channel):
    return sorted(name for name, plan in PLANS.items() if channel in plan.channels)


TEMPLATES = [*carried_by(SMS), CODE]
APP = sorted(PLANS)
EMAILS = [*carried_by(EMAIL), CODE, EMAIL_CODE]
STATES = {
    "failure": Charge.FailureCode.values,
    "payer": ["landlord", "tenant"],
    "kind": DocumentKind.values,
    "status": [
        "accepted",
        "refused",
        "unreadable",
        "revoked",
        "submitted",
        "withdrawn",
        "scheduled",
        "cancelled",
    ],
    "decision": ["hide", "no_action"],
    "deed": CodeRequest.Purpose.values,
    "measure": ["warn", "restrict", "suspend", "ban"],
    "outcome": ["upheld", "overturned", "modified", "lifted", "expired"],
}
FOLDERS = Path(settings.BASE_DIR) / "templates"
LARGEST = format_money(Money(1_000_000_000), plain=True)


def rendered(template, language, **values):
    longest = {name: "W" * length for name, length in LENGTHS.items()}
    return render_sms(
        template=template,
        language=language,
        values={**longest, "amount": LARGEST, **values},
    )


def worst_cases():
    for name, options in STATES.items():
        for option in options:
            yield {name: option}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_the_longest_message_is_one_gsm7_segment(template, language):
    for state in worst_cases():
        text = rendered(template, language, **state)
        assert is_gsm7(text), [c for c in text if not is_gsm7(c)]
        assert septets(text) <= SEGMENT, (state, len(text))
        assert text.startswith("LOKAHOME")
        assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", APP)
def test_what_the_app_shows_fits_the_answer_and_has_both_parts(template, language):
    for state in worst_cases():
        values = dict.fromkeys(LENGTHS, "W" * LONGEST_VALUE) | state
        words = render_app(template=template, language=language, values=values)
        assert 0 < len(words.title) <= 120
        assert 0 < len(words.body) <= 600
        assert "\n" not in words.body
        assert "{" not in words.title + words.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", EMAILS)
def test_a_letter_has_a_subject_of_one_line_and_names_the_place(template, language):
    values = dict.fromkeys(LENGTHS, "ligne 1\r\nBcc: x@y.z")
    words = render_email(template=template, language=language, values=values)
    assert words.title
    assert "\n" not in words.title
    assert "\r" not in words.title + words.body
    assert settings.PUBLIC_URL in words.body


def test_the_app_speaks_of_somebody_when_a_name_is_missing():
    words = render_app(template="unread_messages", language="en", values={"name": ""})
    assert words.body == "Somebody wrote to you."


@given(typed=st.text(), template=st.sampled_from(TEMPLATES))
def test_whatever_people_typed_the_message_stays_one_segment(typed, template):
    text = rendered(template, "fr", title=typed, name=typed)
    assert is_gsm7(text)
    assert septets(text) <= SEGMENT


def test_the_largest_amount_is_told_whole():
    assert len(LARGEST) <= LENGTHS["amount"]
    assert LARGEST in rendered("charge_expired", "fr")


def test_every_plan_has_its_values_and_every_value_its_plan():
    assert set(CONTEXTS) == set(PLANS)
    names = {name for sources in CONTEXTS.values() for name in sources}
    assert names <= set(LENGTHS)


@pytest.mark.parametrize(
    ("folder", "templates"), [("sms", TEMPLATES), ("app", APP), ("email", EMAILS)]
)
def test_every_file_belongs_to_a_message_and_every_message_has_its_files(
    folder, templates
):
    expected = {f"{name}.{lang}.txt" for name in templates for lang in LANGUAGES}
    assert {path.name for path in (FOLDERS / folder).iterdir()} == expected


@pytest.mark.parametrize(
    ("folder", "templates"), [("sms", TEMPLATES), ("app", APP), ("email", EMAILS)]
)
def test_both_languages_of_a_message_use_the_values_that_it_has(folder, templates):
    for template in templates:
        used = [
            set(
                re.findall(
                    r"{{ (\w+) }}",
                    (FOLDERS / folder / f"{template}.{lang}.txt").read_text("utf-8"),
                )
            )
            for lang in LANGUAGES
        ]
        assert used[0] == used[1], template
        assert used[0] <= {*CONTEXTS.get(template, {"code": ""}), "site"}, template


def test_an_apostrophe_stays_an_apostrophe():
    text = rendered("listing_published", "fr", title="L’oasis & co")
    assert '"L\'oasis & co"' in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_names_the_deed_that_it_is_for(language):
    """Whoever reads it to a false colleague hears what it does."""
    purposes = CodeRequest.Purpose.values
    told = {rendered(CODE, language, code="042917", deed=deed) for deed in purposes}
    assert len(told) == len(purposes)


def test_a_letter_nobody_asked_for_sends_nobody_to_change_a_password():
    words = render_email(
        template=CODE, language="fr", values={"code": "042917", "deed": "proof"}
    )
    assert "mot de passe" not in words.body
    assert "ignorez ce courriel" in words.body


def test_an_unknown_language_is_told_in_french():
    assert rendered(CODE, "fon", code="042917") == rendered(CODE, "fr", code="042917")


def test_a_value_without_a_length_is_refused():
    with pytest.raises(KeyError):
        render_sms(template=CODE, language="fr", values={"surprise": "x"})


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Gagnez sur bit.ly/x1", "Gagnez sur bit. ly/x1"),
        ("https://faux.bj", "https faux. bj"),
        ("Villa 3.5 étoiles, St. Michel", "Villa 3.5 étoiles, St. Michel"),
    ],
)
def test_what_people_typed_is_no_address_to_follow(typed, told):
    for template, name in (("unread_messages", "name"), ("job_started", "title")):
        values = {name: typed}
        app = render_app(template=template, language="fr", values=values)
        assert told[1:] in app.title + app.body
        sms = render_sms(template=template, language="fr", values=values)
        assert fold(told)[:30] in sms
    letter = render_email(
        template="lease_active", language="fr", values={"title": typed}
    )
    assert told in letter.title + letter.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_that_was_checked_is_named(language):
    """Whoever sent two has to know which of them was accepted."""
    told = {
        rendered("identity_checked", language, kind=kind, status="accepted")
        for kind in DocumentKind.values
    }
    assert len(told) == len(DocumentKind.values)
