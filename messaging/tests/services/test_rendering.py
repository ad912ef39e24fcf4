"""Each message, in each language, is one cheap segment whatever people typed."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from lokahome.core.money import Money, format_money
from messaging.channels.gsm7 import SEGMENT, is_gsm7, septets
from messaging.services.contexts import CONTEXTS
from messaging.services.rendering import LANGUAGES, LENGTHS, render_sms
from messaging.services.sending import CODE
from payments.models import Charge

TEMPLATES = sorted([*CONTEXTS, CODE])
FAILURES = Charge.FailureCode.values
FOLDER = Path(settings.BASE_DIR) / "templates" / "sms"
LARGEST = format_money(Money(1_000_000_000), plain=True)


def rendered(template, language, **values):
    longest = {name: "W" * length for name, length in LENGTHS.items()}
    return render_sms(
        template=template,
        language=language,
        values={**longest, "amount": LARGEST, **values},
    )


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_the_longest_message_is_one_gsm7_segment(template, language, failure):
    text = rendered(template, language, failure=failure)
    assert is_gsm7(text), [c for c in text if not is_gsm7(c)]
    assert septets(text) <= SEGMENT, len(text)
    assert text.startswith("LOKAHOME")
    assert "{" not in text


@given(typed=st.text(), template=st.sampled_from(TEMPLATES))
def test_whatever_people_typed_the_message_stays_one_segment(typed, template):
    text = rendered(template, "fr", title=typed, name=typed)
    assert is_gsm7(text)
    assert septets(text) <= SEGMENT


def test_the_largest_amount_is_told_whole():
    assert len(LARGEST) <= LENGTHS["amount"]
    assert LARGEST in rendered("charge_expired", "fr")


def test_every_file_belongs_to_a_message_and_every_message_has_its_files():
    expected = {f"{name}.{lang}.txt" for name in TEMPLATES for lang in LANGUAGES}
    assert {path.name for path in FOLDER.iterdir()} == expected


def test_both_languages_of_a_message_use_the_same_values():
    for template in TEMPLATES:
        used = [
            set(
                re.findall(
                    r"{{ (\w+) }}", (FOLDER / f"{template}.{lang}.txt").read_text()
                )
            )
            for lang in LANGUAGES
        ]
        assert used[0] == used[1], template


def test_an_apostrophe_stays_an_apostrophe():
    text = rendered("listing_published", "fr", title="L’oasis & co")
    assert '"L\'oasis & co"' in text


def test_an_unknown_language_is_told_in_french():
    assert rendered(CODE, "fon", code="042917") == rendered(CODE, "fr", code="042917")


def test_a_value_without_a_length_is_refused():
    with pytest.raises(KeyError):
        render_sms(template=CODE, language="fr", values={"surprise": "x"})
