"""What a person hears when somebody holds a copy of their session, or changes their password."""

import pytest

from accounts.api.tokens import RefreshRefused, issue_tokens, rotate_tokens
from accounts.services.signing_in.passwords import change_password
from accounts.services.signing_in.refreshing import GRACE
from lokahome.core import clock
from lokahome.core.events.delivering import drain
from messaging.models import CaughtMessage, Notification

pytestmark = pytest.mark.django_db


def test_a_copied_session_is_told_by_sms_once(ama):
    now = clock.now()
    pair = issue_tokens(ama.user, now=now)
    rotate_tokens(pair.refresh, now=now)
    for _ in range(2):
        with pytest.raises(RefreshRefused):
            rotate_tokens(pair.refresh, now=now + 2 * GRACE)
    drain()
    assert Notification.objects.get().template == "session_reused"
    (message,) = CaughtMessage.objects.all()
    assert message.to == ama.user.phone
    assert "par prudence" in message.text


def test_each_new_password_is_told(ama):
    for old, new in (("", "a first password"), ("a first password", "the second one")):
        change_password(
            session=ama.session, old_password=old, new_password=new, now=clock.now()
        )
    drain()
    told = Notification.objects.filter(template="password_changed")
    assert told.count() == CaughtMessage.objects.count() == 2
    assert "password" not in "".join(
        message.text for message in CaughtMessage.objects.all()
    )
