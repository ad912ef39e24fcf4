"""Signing in: each person's sessions, devices, codes on their way, and challenges."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid5

from allauth.socialaccount.models import SocialAccount

from accounts.api.signing import signing_key_id
from accounts.api.tokens import TokenPair, pair_of
from accounts.models import CodeRequest, Device, Session, SignInChallenge, User
from accounts.services.signing_in.challenging import digest_of
from accounts.services.signing_in.codes import mint_code, request_code
from accounts.services.signing_in.notices import open_notice
from accounts.services.signing_in.refreshing import first_token
from accounts.services.signing_in.sessions import open_session
from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.tests.people import PASSWORD
from lokahome.tests.security.world import NEVER, Side

PURPOSE = CodeRequest.Purpose
NAMES = (
    *("session", "session_now", "device", "code_request", "phone_request"),
    *("reset_request", "challenge", "sign_in_notice"),
)


def device_key_of(side: str, role: str) -> UUID:
    """Return the key that *role*'s app calls itself by."""
    return uuid5(NEVER, f"{side}:{role}")


def add_doors(side: Side) -> None:
    """Add what each person of *side* signs in by."""
    for name in NAMES:
        side.things[name] = {}
    for role, person in side.people.items():
        person.user.set_password(PASSWORD)
        person.user.save(update_fields={"password"})
        _add_sessions(side, role, person.user)
        _add_codes(side, role, person.user)
        _add_challenge(side, role, person.user)
        SocialAccount.objects.create(
            user=person.user, provider="google", uid=f"google-{person.id}"
        )
        person.secrets["device"] = f"Canari {side.name} {role}"


def _add_sessions(side: Side, role: str, user: User) -> None:
    # One that they are speaking in, just proved again; one of a device left elsewhere.
    for name, key in (
        ("session_now", device_key_of(side.name, role)),
        ("session", uuid7()),
    ):
        side.things[name][role] = open_session(
            user=user,
            method="code",
            device_key=key,
            device_name=f"Canari {side.name} {role}",
            now=clock.now(),
        )
    speaking: Session = side.things["session_now"][role]
    # An hour ahead, so that a slow machine neither asks again nor notes its use.
    speaking.proved_at = speaking.last_used_at = clock.now() + timedelta(hours=1)
    speaking.proved_by = "password"
    speaking.save(update_fields={"proved_at", "proved_by", "last_used_at"})
    side.things["device"][role] = Device.objects.get(
        pk=side.things["session"][role].device_id
    )
    for name in ("session", "session_now"):
        session = side.things[name][role]
        pair = tokens_of(session)
        side.codes[str(session.pk)] = pair.refresh
        side.codes[f"access:{session.pk}"] = pair.access


def tokens_of(session: Session) -> TokenPair:
    """Return the first tokens of *session*."""
    return pair_of(
        first_token(session=session, key_id=signing_key_id(), now=clock.now())
    )


def _add_codes(side: Side, role: str, user: User) -> None:
    speaking = side.things["session_now"][role]
    new_number = f"+22901968142{list(side.people).index(role)}{len(side.name)}"
    wanted = {
        "code_request": {"purpose": PURPOSE.SIGN_IN},
        "reset_request": {"purpose": PURPOSE.PASSWORD_RESET, "person_id": user.pk},
        "phone_request": {
            "purpose": PURPOSE.ADD_PHONE,
            "person_id": user.pk,
            "bound_id": speaking.pk,
            "phone": new_number,
        },
    }
    for name, values in wanted.items():
        request = request_code(
            **{
                "phone": user.phone,
                "client_ip": f"10.{len(side.name)}.0.{list(side.people).index(role)}",
                "now": clock.now(),
                **values,
            }
        )
        side.things[name][role] = request
        side.codes[str(request.pk)] = mint_code(request_id=request.pk, now=clock.now())


def _add_challenge(side: Side, role: str, user: User) -> None:
    challenge = SignInChallenge(
        person=user,
        phone=user.phones.first(),
        device_digest=digest_of(device_key_of(side.name, role)),
        reason=SignInChallenge.Reason.NEW_DEVICE,
        expires_at=clock.now() + timedelta(minutes=15),
    )
    challenge.save()
    side.things["challenge"][role] = challenge
    side.things["sign_in_notice"][role] = open_notice(
        challenge=challenge, now=clock.now()
    )
