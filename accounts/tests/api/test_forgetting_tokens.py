"""What is kept of sessions."""

from datetime import timedelta

import pytest
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.api.tokens import forget_expired_tokens, issue_tokens
from lokahome.core import clock

pytestmark = pytest.mark.django_db


def test_an_expired_session_is_forgotten_and_a_live_one_kept(ama):
    issue_tokens(ama.user)
    live = OutstandingToken.objects.count()
    assert forget_expired_tokens(now=clock.now()) == 0
    assert OutstandingToken.objects.count() == live
    assert forget_expired_tokens(now=clock.now() + timedelta(days=31)) == live
