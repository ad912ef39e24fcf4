"""Profile and hats."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.models import RoleGrant
from accounts.services.demo import ensure_demo_people
from accounts.services.people.profiles import RoleNotOpen, take_role, update_profile
from accounts.services.staff.groups import STAFF_GROUPS, ensure_groups
from lokahome.core.errors import StaleVersion
from lokahome.tests.threads import race


def test_a_profile_change_counts_the_version_up(ama):
    before = ama.user.version
    person = update_profile(person_id=ama.user.pk, full_name="Ama D.", language="en")
    assert (person.full_name, person.language) == ("Ama D.", "en")
    assert person.version == before + 1


def test_a_change_to_what_it_was_changes_no_version(ama):
    person = update_profile(person_id=ama.user.pk, full_name=ama.user.full_name)
    assert person.version == ama.user.version


def test_a_change_to_a_past_version_changes_nothing(ama):
    with pytest.raises(StaleVersion):
        update_profile(person_id=ama.user.pk, full_name="X", version=99)
    ama.user.refresh_from_db()
    assert ama.user.full_name == "Ama Dossou"


def test_a_tenant_becomes_a_landlord_at_level_0_once(ama):
    grant, is_new = take_role(user=ama.user, role="landlord")
    again, is_newer = take_role(user=ama.user, role="landlord")
    assert (grant.level, is_new, again.pk, is_newer) == (0, True, grant.pk, False)
    assert ama.user.has_role("landlord")


def test_a_level_that_was_reached_stays_when_the_role_is_taken_again(ama):
    RoleGrant.objects.filter(user=ama.user, role="tenant").update(level=2)
    grant, _ = take_role(user=ama.user, role="tenant")
    assert grant.level == 2


def test_nobody_makes_themselves_staff(ama):
    with pytest.raises(RoleNotOpen):
        take_role(user=ama.user, role="admin")
    assert not ama.user.has_role("admin")


def test_twenty_at_once_take_one_role(committed, ama):
    race(20, lambda _: take_role(user=ama.user, role="landlord"))
    assert RoleGrant.objects.filter(user=ama.user, role="landlord").count() == 1


def test_groups_are_made_once_and_hold_no_right_to_edit_what_people_wrote(db):
    ensure_groups()
    groups = ensure_groups()
    assert {group.name for group in groups} == set(STAFF_GROUPS)
    for group in groups:
        for permission in group.permissions.select_related("content_type"):
            app = permission.content_type.app_label
            edits = permission.codename.split("_")[0] in {"add", "change", "delete"}
            assert not edits or app == "django_celery_beat", permission.codename
            assert group.permissions.exists()


def test_only_finance_decides_payment_cases_and_only_moderators_listings(db):
    ensure_groups()
    holders = {
        name: {
            group.name
            for group in ensure_groups()
            if group.permissions.filter(codename=f"decide_{name}_case").exists()
        }
        for name in ("payments", "listings")
    }
    assert holders == {"payments": {"finance_maker"}, "listings": {"moderator"}}


def test_demo_people_are_made_once_with_a_line_each(db, settings):
    settings.DEBUG = settings.DEV_DOORS = True
    lines = ensure_demo_people()
    assert ensure_demo_people() == lines
    assert len(lines) == 9


@pytest.mark.parametrize(("debug", "doors"), [(True, False), (False, True)])
def test_demo_people_are_refused_outside_development(db, settings, debug, doors):
    settings.DEBUG, settings.DEV_DOORS = debug, doors
    with pytest.raises(ImproperlyConfigured):
        ensure_demo_people()
