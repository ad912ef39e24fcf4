"""Passwords: what is written, and what is still read."""

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher, make_password

from lokahome import settings as ours


@pytest.fixture(autouse=True)
def real_hashers(settings):
    """The tests use a quick hasher; these look at the real ones."""
    settings.PASSWORD_HASHERS = ours.PASSWORD_HASHERS


@pytest.mark.parametrize("algorithm", ["argon2", "bcrypt_sha256"])
def test_both_hashers_of_the_settings_work(algorithm):
    kept = make_password("lokahome", hasher=algorithm)
    assert check_password("lokahome", kept)
    assert not check_password("lokahom", kept)


def test_new_passwords_are_argon2():
    assert identify_hasher(make_password("lokahome")).algorithm == "argon2"
