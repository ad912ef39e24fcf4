"""The claims about agencies hold, and find what would refute them."""

from accounts.models import Membership
from accounts.services.agencies.agencies import close_agency
from accounts.tests.agencies import agency_of
from lokahome.core import clock
from lokahome.core.invariants import check_invariants

OWNED = "agency.has_an_owner"


def test_an_agency_without_an_owner_is_found_unless_it_is_closed(ama):
    agency = agency_of(ama.user)
    assert check_invariants([OWNED]) == []
    Membership.objects.filter(agency=agency).update(role="manager")
    [found] = check_invariants([OWNED])
    assert found.row == (str(agency.pk), "draft")
    Membership.objects.filter(agency=agency).update(role="owner")
    close_agency(agency_id=agency.pk, actor=ama.user, now=clock.now())
    Membership.objects.update(status="removed", removed_at=clock.now())
    assert check_invariants([OWNED]) == []
