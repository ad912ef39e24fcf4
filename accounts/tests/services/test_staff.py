"""New colleagues, seeds at rest, and keys that change."""

from __future__ import annotations

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.core.management import CommandError, call_command

from accounts.models import StaffLink, User
from accounts.services.staff.entering import add_staff, break_glass
from accounts.services.staff.factor_adapter import FactorSeeds
from accounts.services.staff.second_factors import (
    FactorRefused,
    code_at,
    make_recovery_codes,
    period_of,
    prove_by_code,
    prove_by_passkey,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.crypto.rotating import rotate
from lokahome.core.errors import AlreadyExists, InvalidInput, NotAllowed
from lokahome.tests.people import SEED
from lokahome.tests.threads import race


def run(*args):
    out = StringIO()
    call_command("add_staff", *args, stdout=out)
    return out.getvalue()


def test_a_colleague_gets_groups_and_a_password_that_is_shown_once(db):
    said = run(
        *("rosine", "--name", "Rosine A.", "--no-account"),
        *("--groups", "support", "moderator"),
    )
    person = User.objects.get(username="rosine")
    assert person.is_staff
    assert not person.is_superuser
    assert {group.name for group in person.groups.all()} == {"support", "moderator"}
    password = said.partition("mot de passe : ")[2].split()[0]
    assert person.check_password(password)
    deed = AuditEvent.objects.get(action="staff.added")
    assert deed.details == {"groups": ["moderator", "support"]}
    assert StaffLink.objects.get(staff=person).person is None, "she said she has none"


@pytest.mark.parametrize(
    "groups", [["finance_maker", "finance_checker"], ["king"], []], ids=str
)
def test_groups_that_do_not_go_together_make_nobody(db, groups):
    with pytest.raises(InvalidInput):
        add_staff(
            username="x",
            full_name="",
            groups=groups,
            person_id=None,
            now=clock.now(),
        )
    assert not User.objects.filter(username="x").exists()


def test_a_handle_is_one_persons_however_it_is_written(moderator):
    with pytest.raises(AlreadyExists):
        add_staff(
            username="Moderator",
            full_name="",
            groups=["support"],
            person_id=None,
            now=clock.now(),
        )
    with pytest.raises(CommandError):
        run("MODERATOR", "--no-account", "--groups", "support")


def test_only_a_superuser_breaks_the_glass(moderator):
    with pytest.raises(NotAllowed):
        break_glass(
            person_id=moderator.id, reason="Tout est en panne ici.", now=clock.now()
        )


def test_seeds_are_encrypted_and_move_to_a_new_key(moderator, settings):
    make_recovery_codes(person_id=moderator.id)
    before = {row.type: row.data for row in Authenticator.objects.all()}
    assert all(SEED not in str(data) for data in before.values())
    old = dict(settings.FIELD_KEYS)
    settings.FIELD_KEYS = {"new": "n" * 40, **old}
    for kind in ("totp", "recovery_codes"):
        assert rotate(FactorSeeds(Authenticator.Type(kind))).is_whole
    after = {row.type: row.data for row in Authenticator.objects.all()}
    settings.FIELD_KEYS = {"new": "n" * 40}
    assert decrypt(after["totp"]["secret"]) == SEED
    assert after["recovery_codes"]["used_mask"] == 0, "the rest is as it was"


def test_one_of_ten_at_once_opens_with_a_code(committed, moderator):
    code = code_at(SEED, period_of(clock.now()))

    def prove(_number):
        try:
            prove_by_code(person_id=moderator.id, code=code, now=clock.now())
        except FactorRefused:
            return False
        return True

    assert sum(race(10, prove)) == 1


def test_a_key_of_somebody_else_proves_nothing(moderator, finance):
    row = Authenticator.objects.get(user=finance.user)
    with pytest.raises(FactorRefused):
        prove_by_passkey(
            person_id=moderator.id, factor=row.pk, count=0, now=clock.now()
        )


def test_nobody_without_a_factor_proves_anything(ama):
    with pytest.raises(FactorRefused):
        prove_by_code(person_id=ama.id, code="000000", now=clock.now())
