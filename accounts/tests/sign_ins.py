"""What tests of sign-ins share: codes that arrived, accounts worth stealing."""

from datetime import timedelta
from uuid import UUID

from accounts.models import CodeRequest, Email, RoleGrant
from accounts.services.signing_in.codes import mint_code, request_code
from accounts.services.signing_in.entering import verify_code
from accounts.services.signing_in.sessions import open_session
from lokahome.core import clock

DEVICE = UUID("0192aaaa-0000-7000-8000-000000000001")
OTHER_DEVICE = UUID("0192aaaa-0000-7000-8000-000000000002")


def code_for(phone, *, now=None, client_ip="192.0.2.1", **kwargs):
    """Return a request for a sign-in code to *phone*, and the code that left."""
    now = now or clock.now()
    request = request_code(phone=phone, client_ip=client_ip, now=now, **kwargs)
    return request, mint_code(request_id=request.pk, now=now)


def answer(phone, *, now=None, device_key=None, **kwargs):
    """Sign in by a right code; return SignedIn or ChallengeNeeded."""
    now = now or clock.now()
    request, code = code_for(phone, now=now, **kwargs)
    return verify_code(request_id=request.pk, code=code, device_key=device_key, now=now)


def put_at_stake(person):
    """Let the first hat of *person* stand at level 1, as checked papers would."""
    grant = RoleGrant.objects.filter(user=person).first()
    RoleGrant.objects.filter(pk=grant.pk).update(level=1)
    return person


def used_device(person, device_key, *, at=None):
    """Open a session of *person* on a device, which they are known by from then on."""
    return open_session(
        user=person, method="code", device_key=device_key, now=at or clock.now()
    )


def give_email(person, address="ama@example.org", *, at=None):
    """Return an address of *person*, proved long enough ago to prove by; or at *at*."""
    now = at or clock.now() - timedelta(days=30)
    email = Email(
        user=person,
        address=address,
        code_hash="0" * 64,
        minted_at=now,
        expires_at=now,
        verified_at=now,
    )
    email.save()
    return email


def letter_code(bound_id):
    """Return the code of the newest letter that *bound_id* asked for."""
    request = CodeRequest.objects.filter(bound_id=bound_id).latest("id")
    return mint_code(request_id=request.pk, now=clock.now())
