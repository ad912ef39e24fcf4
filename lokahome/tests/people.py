"""The fixed people of the tests, each an API client that is signed in as them.

``ama.get("/api/v1/me")`` asks as Ama; ``ama.user`` is her row. Staff are signed in to
the back-office, and to nothing else: the API gives them no token.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from accounts.admin.door.marks import mark_inside
from accounts.api.tokens import issue_tokens
from accounts.models import Phone, RoleGrant, Session, User
from accounts.services.demo_proofs import give_proofs
from accounts.services.signing_in.sessions import open_session
from accounts.services.staff.groups import ensure_groups
from accounts.services.staff.second_factors import KIND, Proof
from lokahome.core import clock

PASSWORD = "a password for tests"
REVIEWER = "reviewer"
"""Who accepted the documents of people above level 0; decides nothing else."""
SEED = "LOKAHOMETESTSEEDLOKAHOMETESTSEED"
"""Base 32, of each member of staff's application of codes."""


class PersonClient(APIClient):
    """An API client that carries one person's access token, or a staff cookie."""

    user: User

    @property
    def id(self):
        """The person's id."""
        return self.user.pk

    @property
    def session(self):
        """The newest of the person's sessions that go on; the browser's of staff."""
        return super().session if self.user.is_staff else live_session(self.user)


def live_session(user: User) -> Session:
    """Return the newest session of *user* that goes on, or a new one."""
    alive = Session.objects.filter(user=user, ended_at=None)
    return alive.order_by("-id").first() or proved_now(
        open_session(user=user, method="code", device_key=None, now=clock.now())
    )


def proved_now(session: Session) -> Session:
    """Let the person of *session* have proved by more than their SIM who they are."""
    session.proved_at, session.proved_by = clock.now(), "password"
    session.save(update_fields={"proved_at", "proved_by"})
    return session


def long_silent(user: User) -> None:
    """Let whatever *user* proved in a session be of three days ago."""
    past = clock.now() - timedelta(days=3)
    Session.objects.filter(user=user).update(
        started_at=past, proved_at=None, proved_by=""
    )


def sign_in(user: User) -> PersonClient:
    """Return a client signed in as *user* by token, as the apps are."""
    client = PersonClient()
    client.user = user
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_tokens(user).access}")
    proved_now(live_session(user))
    return client


def make_person(
    *, name: str, phone: str, roles: tuple[str, ...], level: int = 0
) -> User:
    """Return a person with a *phone* (E.164) of long standing, verified now, and *roles*.

    The last of the roles stands at *level*, by documents that `REVIEWER` accepted.
    """
    user = User.objects.create_person(full_name=name)
    now = clock.now()
    long_ago = now - timedelta(days=365)  # past the 48 hours that payouts wait
    Phone(user=user, number=phone, verified_at=now, held_since=long_ago).save()
    for role in roles:
        RoleGrant(user=user, role=role).save()
    if level:
        reviewer = User.objects.filter(username=REVIEWER).first()
        give_proofs(
            person=user,
            role=roles[-1],
            level=level,
            decided_by=reviewer
            or User.objects.create_staff(username=REVIEWER, password=PASSWORD),
            now=now,
        )
    return user


def make_staff(handle: str, *groups: str) -> PersonClient:
    """Return a member of staff in *groups*, signed in to the back-office."""
    ensure_groups()
    user = User.objects.create_staff(
        username=handle, password=PASSWORD, full_name=handle
    )
    RoleGrant(user=user, role=RoleGrant.Role.ADMIN).save()
    user.groups.set(Group.objects.filter(name__in=groups))
    client = PersonClient()
    client.user = user
    enter_backoffice(client)
    return client


def enter_backoffice(client: PersonClient) -> None:
    """Sign the client's person in to the back-office, both proofs given."""
    factor = TOTP.activate(client.user, SEED).instance
    client.force_login(client.user)
    session = client.session
    mark_inside(session, Proof(factor.pk, KIND.TOTP.value), now=clock.now())
    session.save()


@pytest.fixture
def anonymous() -> APIClient:
    """Somebody who is not signed in."""
    return APIClient()


@pytest.fixture
def ama(db) -> PersonClient:
    """The tenant."""
    return sign_in(
        make_person(name="Ama Dossou", phone="+2290197000001", roles=("tenant",))
    )


@pytest.fixture
def kossi(db) -> PersonClient:
    """The landlord, whose file is whole enough to be paid."""
    return sign_in(
        make_person(
            name="Kossi Hounsou",
            phone="+2290197000002",
            roles=("tenant", "landlord"),
            level=2,
        )
    )


@pytest.fixture
def afi(db) -> PersonClient:
    """The provider, whose file is whole enough to be paid."""
    return sign_in(
        make_person(
            name="Afi Adjovi",
            phone="+2290197000003",
            roles=("tenant", "provider"),
            level=2,
        )
    )


@pytest.fixture
def stranger(db) -> PersonClient:
    """Somebody with an account and nothing to do with the matter."""
    return sign_in(
        make_person(name="Yao Sossa", phone="+2290197000009", roles=("tenant",))
    )


@pytest.fixture
def moderator(db) -> PersonClient:
    """Staff who decide about listings."""
    return make_staff("moderator", "moderator")


@pytest.fixture
def identity_checker(db) -> PersonClient:
    """Staff who look at identity documents and decide about them."""
    return make_staff("identity_checker", "identity_checker")


@pytest.fixture
def finance(db) -> PersonClient:
    """Staff who decide about payment cases and propose what goes out."""
    return make_staff("finance", "finance_maker")


@pytest.fixture
def checker(db) -> PersonClient:
    """Staff who approve what finance proposes."""
    return make_staff("checker", "finance_checker")


@pytest.fixture
def operator(db) -> PersonClient:
    """Staff who keep the platform running."""
    return make_staff("operator", "operator")
