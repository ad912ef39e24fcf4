"""Truth tables of the predicates."""

import itertools

import pytest

from lokahome.core.dev_doors import may_open
from messaging import policies
from messaging.models import OutgoingMessage

BOTH = [True, False]


@pytest.mark.parametrize("status", OutgoingMessage.Status.values)
@pytest.mark.parametrize(
    ("is_active", "is_staff", "permitted", "is_code"),
    list(itertools.product(BOTH, BOTH, BOTH, BOTH)),
)
def test_active_staff_with_the_permission_resend_what_is_stuck_but_no_code(
    is_active, is_staff, permitted, is_code, status
):
    found = policies.may_resend(
        is_active=is_active,
        is_staff=is_staff,
        permissions={policies.RESEND} if permitted else set(),
        status=status,
        is_code=is_code,
    )
    stuck = status in {"failed", "given_up"}
    assert found == (is_active and is_staff and permitted and stuck and not is_code)


@pytest.mark.parametrize(
    ("debug", "dev_doors", "is_forwarded"), list(itertools.product(BOTH, BOTH, BOTH))
)
@pytest.mark.parametrize(
    ("address", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("10.0.0.1", False),
        ("::ffff:192.0.2.1", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_caught_messages_open_in_development_to_this_machine_only(
    debug, dev_doors, is_forwarded, address, is_loopback
):
    found = may_open(
        debug=debug,
        dev_doors=dev_doors,
        remote_address=address,
        is_forwarded=is_forwarded,
    )
    assert found == (debug and dev_doors and is_loopback and not is_forwarded)


@pytest.mark.parametrize(
    ("is_active", "is_staff", "permitted", "is_case_open", "is_named", "is_concerned"),
    list(itertools.product(BOTH, repeat=6)),
)
def test_staff_read_what_an_open_case_names_and_only_with_the_right(
    is_active, is_staff, permitted, is_case_open, is_named, is_concerned
):
    found = policies.may_read_for_case(
        is_active=is_active,
        is_staff=is_staff,
        permissions=(
            {policies.READ_FOR_CASE} if permitted else {"messaging.view_message"}
        ),
        is_case_open=is_case_open,
        is_named=is_named,
        is_concerned=is_concerned,
    )
    said = (is_active, is_staff, permitted, is_case_open, is_named, not is_concerned)
    assert found == all(said)
