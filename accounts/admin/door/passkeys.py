"""Passkeys at the door and on one's own page: options out, a signed answer back.

allauth keeps the challenge in the session and verifies the answer; the script is
``accounts/passkeys.js``.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.admin.door.forms import KeyNameForm
from accounts.admin.door.marks import HalfWay
from accounts.admin.door.pages import for_half_way, refused
from accounts.admin.door.views import come_in, enrolled, refusal_of
from accounts.models import User
from accounts.services.staff.second_factors import (
    Proof,
    add_passkey,
    is_enrolled,
    prove_by_passkey,
    take_factor_limit,
)
from lokahome.core import clock
from lokahome.core.errors import DomainError, NotAllowed

NOT_RECOGNISED = "Cette clé n’a pas été reconnue."
LARGEST = 20_000
"""Bytes of an answer: real ones have a few thousand."""


def read(request: HttpRequest) -> tuple[dict[str, Any], str]:
    """Return the credential and the name in a request's body; raises ValueError."""
    if len(request.body) > LARGEST:
        raise ValueError
    body = json.loads(request.body)
    if not isinstance(body, dict) or not isinstance(body.get("credential"), dict):
        raise ValueError
    form = KeyNameForm({"name": str(body.get("name") or "")})
    name = form.cleaned_data["name"] if form.is_valid() else ""
    return body["credential"], name


def register(request: HttpRequest, user: User) -> Proof:
    """Verify a registration and keep its key; raises NotAllowed."""
    try:
        credential, name = read(request)
        auth.parse_registration_response(credential)
        data = auth.complete_registration(credential)
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        auth.clear_state()
        raise NotAllowed(_(NOT_RECOGNISED)) from error
    return add_passkey(
        person_id=user.pk,
        name=name or auth.get_adapter().generate_authenticator_name(user, "webauthn"),
        credential=credential,
        count=int(data.counter),
        now=clock.now(),
    )


def recognise(request: HttpRequest, user: User) -> Proof:
    """Verify a signature by one of the keys of *user*; raises NotAllowed."""
    try:
        credential, _name = read(request)
        answer = auth.parse_authentication_response(credential)
        factor = auth.complete_authentication(user, credential)
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        auth.clear_state()
        raise NotAllowed(_(NOT_RECOGNISED)) from error
    return prove_by_passkey(
        person_id=user.pk,
        factor=factor.pk,
        count=int(answer.response.authenticator_data.counter),
        now=clock.now(),
    )


@require_POST
@for_half_way
def ask(request: HttpRequest, user: User, mark: HalfWay) -> HttpResponse:
    """Return a challenge for the keys of who is half-way in."""
    if not auth.get_credentials(user):
        return refused(_("Aucune clé d’accès n’est inscrite."))
    return JsonResponse(dict(auth.begin_authentication(user)))


@require_POST
@for_half_way
def answer(request: HttpRequest, user: User, mark: HalfWay) -> HttpResponse:
    """Let in who signed the challenge; say where to go."""
    try:
        take_factor_limit(person_id=user.pk, now=clock.now())
        proof = recognise(request, user)
    except DomainError as refusal:
        return refused(refusal_of(user, refusal))
    return JsonResponse({"next": come_in(request, user, proof, mark.onward)})


@require_POST
@for_half_way
def enrolment_ask(request: HttpRequest, user: User, mark: HalfWay) -> HttpResponse:
    """Return what a first key is to be made for."""
    if is_enrolled(user.pk):
        return refused(_("Un second facteur est déjà inscrit."))
    return JsonResponse(dict(auth.begin_registration(user, passwordless=False)))


@require_POST
@for_half_way
def enrolment_answer(request: HttpRequest, user: User, mark: HalfWay) -> HttpResponse:
    """Keep a first key; say where the recovery codes are."""
    if is_enrolled(user.pk):
        return refused(_("Un second facteur est déjà inscrit."))
    try:
        take_factor_limit(person_id=user.pk, now=clock.now())
        proof = register(request, user)
    except DomainError as refusal:
        return refused(refusal.detail)
    return JsonResponse({"next": enrolled(request, user, mark, proof)})
