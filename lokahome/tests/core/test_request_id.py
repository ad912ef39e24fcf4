"""Request ids: the caller's when it is well-formed, ours otherwise."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lokahome.core.request_id import begin_request_id, current_request_id


@pytest.mark.parametrize("given_id", ["abcdefgh", "a.b-c_D9" * 8, "0" * 64])
def test_a_well_formed_id_is_kept(given_id):
    assert begin_request_id(given_id) == given_id
    assert current_request_id() == given_id


@pytest.mark.parametrize(
    "given_id",
    ["", "short", "a" * 65, "abcdefgh\n", "abc defgh", "éèàùéèàù", "<script>alert"],
)
def test_anything_else_is_replaced(given_id):
    made = begin_request_id(given_id)
    assert made != given_id
    assert UUID(made).version == 7
    assert current_request_id() == made


@given(st.text(max_size=100))
def test_an_id_is_always_safe_to_log_and_to_send(text):
    made = begin_request_id(text)
    assert made.isascii()
    assert 8 <= len(made) <= 64
    assert made.replace(".", "").replace("_", "").replace("-", "").isalnum()
