"""The SMS alphabet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.channels.gsm7 import BASIC, clip, fold, is_gsm7, septets


def test_the_basic_alphabet_has_its_127_characters_without_escape():
    assert len(BASIC) == 127


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Zogbohouè", "Zogbohouè"),
        ("Sèmè-Kpodji près de l’église", "Sèmè-Kpodji près de l'église"),
        ("Reçu « Bientôt »", 'Recu "Bientot"'),
        ("sœur, maïs, Noël", "soeur, mais, Noel"),
        ("35\u202f000\u00a0F", "35 000 F"),
        ("Fɔ̀n ɖò Kútɔnu", "Fon dò Kutonu"),
        ("prix {net} ~5€", "prix ?net? ?5?"),
        ("ligne 1\nligne 2", "ligne 1 ligne 2"),
        ("🏠", "?"),
    ],
)
def test_words_are_folded_to_the_alphabet(typed, told):
    assert fold(typed) == told


@given(st.text())
def test_whatever_is_typed_is_folded_to_one_place_a_character(typed):
    folded = fold(typed)
    assert is_gsm7(folded)
    assert septets(folded) == len(folded)
    assert "\n" not in folded
    assert fold(folded) == folded


@given(st.text(), st.integers(min_value=2, max_value=60))
def test_a_cut_text_is_never_too_long(text, length):
    assert len(clip(text, length)) <= length


def test_the_extension_costs_two_places():
    assert septets("[5€]") == 7
