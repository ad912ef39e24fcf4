"""Values at rest: what opens, and what does not."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lokahome.core.crypto.encrypting import (
    KeyMissing,
    NotEncrypted,
    Tampered,
    decrypt,
    encrypt,
    encrypt_anew,
    is_current,
    key_id_of,
)
from lokahome.core.crypto.lookups import keyed_digest, same_digest

OLD = {"1": "o" * 40}
BOTH = {"2": "n" * 40, "1": "o" * 40}


@given(st.text(), st.text(min_size=1))
def test_what_goes_in_comes_out(text, purpose):
    assert decrypt(encrypt(text, purpose=purpose), purpose=purpose) == text


@given(st.text(min_size=1), st.data())
def test_no_altered_byte_opens(text, data):
    stored = encrypt(text, purpose="a")
    head, _mark, body = stored.partition(":")
    raw = bytearray(base64.b64decode(body))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Tampered):
        decrypt(f"{head}:{base64.b64encode(raw).decode()}", purpose="a")


@given(st.text(max_size=60))
def test_whatever_lies_in_the_column_is_refused_by_a_clear_error(junk):
    with pytest.raises((NotEncrypted, KeyMissing, Tampered)):
        decrypt(junk, purpose="a")


def test_the_same_text_is_never_stored_twice_alike():
    assert encrypt("0197", purpose="a") != encrypt("0197", purpose="a")


def test_a_value_moved_to_another_column_does_not_open():
    with pytest.raises(Tampered):
        decrypt(encrypt("0197", purpose="a"), purpose="b")


def test_a_value_cut_short_does_not_open():
    stored = encrypt("0197", purpose="a")
    for length in range(3, len(stored), 4):
        with pytest.raises(Tampered):
            decrypt(stored[:length], purpose="a")


def test_a_value_relabelled_with_another_key_does_not_open(settings):
    settings.FIELD_KEYS = BOTH
    stored = encrypt("0197", purpose="a")
    with pytest.raises(Tampered):
        decrypt(stored.replace("v2:", "v1:"), purpose="a")


def test_the_first_key_encrypts_and_every_key_decrypts(settings):
    settings.FIELD_KEYS = OLD
    stored = encrypt("0197", purpose="a")
    settings.FIELD_KEYS = BOTH
    assert decrypt(stored, purpose="a") == "0197"
    assert not is_current(stored)
    anew = encrypt_anew(stored, purpose="a")
    assert key_id_of(anew) == "2"
    assert decrypt(anew, purpose="a") == "0197"


def test_a_missing_key_is_named_and_the_value_is_not(settings):
    settings.FIELD_KEYS = BOTH
    stored = encrypt("0197", purpose="a")
    settings.FIELD_KEYS = OLD
    with pytest.raises(KeyMissing, match="'2'") as caught:
        decrypt(stored, purpose="a")
    assert stored.partition(":")[2] not in str(caught.value)


def test_a_plain_value_is_not_taken_for_a_ciphertext():
    for plain in ("+2290197000001", "v", "v1", "", "1:abc", "v-:abc"):
        with pytest.raises(NotEncrypted):
            decrypt(plain, purpose="a")


def test_digests_find_equal_values_of_one_purpose_only(settings):
    one = keyed_digest("0197", purpose="a")
    assert same_digest(one, keyed_digest("0197", purpose="a"))
    assert not same_digest(one, keyed_digest("0198", purpose="a"))
    assert not same_digest(one, keyed_digest("0197", purpose="b"))
    settings.LOOKUP_KEY = "another key" * 4
    assert not same_digest(one, keyed_digest("0197", purpose="a"))
