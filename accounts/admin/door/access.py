"""« Mes accès »: one's own factors and password, changed after a factor was shown again."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.webauthn.internal import auth
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.admin.door.forms import CodeForm, OwnPasswordForm
from accounts.admin.door.marks import FRESH, inside, mark_proved
from accounts.admin.door.pages import draw, refused
from accounts.admin.door.passkeys import recognise, register
from accounts.admin.door.views import at_the_door, picture_of, refusal_of
from accounts.services.staff.entering import change_own_password
from accounts.services.staff.second_factors import (
    FULL,
    KIND,
    enrol_totp,
    make_recovery_codes,
    prove_by_code,
    remove_factor,
    take_factor_limit,
)
from lokahome.core import clock
from lokahome.core.errors import DomainError

SEED = "staff.seed"
"""Session key of the ciphertext of a seed that is being enrolled."""
NOT_FRESH = "Montrez d’abord votre second facteur, puis changez vos accès aussitôt."


def is_fresh(request: HttpRequest) -> bool:
    """Say whether who is inside showed a factor again a moment ago."""
    mark = inside(request.session)
    return mark is not None and mark.is_fresh(clock.now())


def _page(request: HttpRequest, **more: Any) -> HttpResponse:
    rows = Authenticator.objects.filter(user_id=request.user.pk).order_by("created_at")
    factors = [
        {
            "pk": row.pk,
            "name": (
                row.data["name"]
                if row.type == KIND.WEBAUTHN
                else _("Application de codes")
            ),
            "since": row.created_at,
            "used": row.last_used_at,
        }
        for row in rows
        if row.type in FULL
    ]
    context = {
        "title": _("Mes accès"),
        "factors": factors,
        "is_last": len(factors) == 1,
        "is_fresh": is_fresh(request),
        "minutes": int(FRESH.total_seconds() // 60),
        "form": CodeForm(),
        "has_passkey": any(row.type == KIND.WEBAUTHN for row in rows),
        "passkey_urls": {
            "begin": reverse("staff-door:access-passkey"),
            "answer": reverse("staff-door:access-passkey-answer"),
        },
        **more,
    }
    return draw(request, "access.html", context)


@at_the_door
@never_cache
def access(request: HttpRequest) -> HttpResponse:
    """List one's own factors, and take a code that shows one of them again."""
    if request.method != "POST":
        return _page(request)
    user: Any = request.user
    form = CodeForm(request.POST)
    if form.is_valid():
        now = clock.now()
        try:
            take_factor_limit(person_id=user.pk, now=now)
            proof = prove_by_code(
                person_id=user.pk, code=form.cleaned_data["code"], now=now
            )
        except DomainError as refusal:
            form.refuse(refusal_of(user, refusal))
        else:
            mark_proved(request.session, proof, now=now)
            return HttpResponseRedirect(reverse("staff-door:access"))
    return _page(request, form=form)


@require_POST
def proof_ask(request: HttpRequest) -> HttpResponse:
    """Return a challenge for one's own keys."""
    user: Any = request.user
    if not auth.get_credentials(user):
        return refused(_("Aucune clé d’accès n’est inscrite."))
    return JsonResponse(dict(auth.begin_authentication(user)))


@require_POST
def proof_answer(request: HttpRequest) -> HttpResponse:
    """Take the signature of one's own key as a factor shown again."""
    user: Any = request.user
    now = clock.now()
    try:
        take_factor_limit(person_id=user.pk, now=now)
        proof = recognise(request, user)
    except DomainError as refusal:
        return refused(refusal_of(user, refusal))
    mark_proved(request.session, proof, now=now)
    return JsonResponse({"next": reverse("staff-door:access")})


@at_the_door
@never_cache
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password: the old one, and a factor shown again, are asked for."""
    if not is_fresh(request):
        return _too_late(request)
    user: Any = request.user
    form = OwnPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            person = change_own_password(
                person_id=user.pk,
                old=given["old_password"],
                new=given["new_password1"],
                now=clock.now(),
            )
        except DomainError as refusal:
            form.add_error("old_password", refusal.detail)
        else:
            update_session_auth_hash(request, person)  # this session alone goes on
            messages.success(request, _("Mot de passe changé."))
            return HttpResponseRedirect(reverse("staff-door:access"))
    context = {"title": _("Changer de mot de passe"), "form": form}
    return draw(request, "own_password.html", context)


@require_POST
@never_cache
def new_codes(request: HttpRequest) -> HttpResponse:
    """Show ten new recovery codes, this once."""
    if not is_fresh(request):
        return _too_late(request)
    user: Any = request.user
    return _page(request, codes=make_recovery_codes(person_id=user.pk))


@at_the_door
@never_cache
def application(request: HttpRequest) -> HttpResponse:
    """Enrol another application of codes in the place of the one before."""
    if not is_fresh(request):
        return _too_late(request)
    user: Any = request.user
    adapter = auth.get_adapter()
    kept = request.session.get(SEED)
    seed = adapter.decrypt(kept) if kept else generate_totp_secret()
    request.session[SEED] = kept or adapter.encrypt(seed)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            take_factor_limit(person_id=user.pk, now=now)
            proof = enrol_totp(
                person_id=user.pk,
                seed=seed,
                code=form.cleaned_data["code"],
                now=now,
                replace=True,
            )
        except DomainError as refusal:
            form.refuse(f"{refusal.title}. {refusal.detail}")
        else:
            del request.session[SEED]
            mark_proved(request.session, proof, now=now)
            messages.success(request, _("Application de codes inscrite."))
            return HttpResponseRedirect(reverse("staff-door:access"))
    context = {
        "title": _("Changer d’application"),
        "form": form,
        **picture_of(user, seed),
    }
    return draw(request, "enrolment.html", context)


@require_POST
def remove(request: HttpRequest, factor: int) -> HttpResponse:
    """Take one factor away, not the last and not unless fresh."""
    if not is_fresh(request):
        return _too_late(request)
    user: Any = request.user
    try:
        remove_factor(person_id=user.pk, factor=factor)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("Accès retiré."))
    return HttpResponseRedirect(reverse("staff-door:access"))


@require_POST
def passkey_ask(request: HttpRequest) -> HttpResponse:
    """Return what one more key is to be made for."""
    if not is_fresh(request):
        return refused(_(NOT_FRESH), status=403)
    user: Any = request.user
    return JsonResponse(dict(auth.begin_registration(user, passwordless=False)))


@require_POST
def passkey_answer(request: HttpRequest) -> HttpResponse:
    """Keep one more key."""
    if not is_fresh(request):
        return refused(_(NOT_FRESH), status=403)
    user: Any = request.user
    try:
        register(request, user)
    except DomainError as refusal:
        return refused(refusal.detail)
    messages.success(request, _("Clé d’accès ajoutée."))
    return JsonResponse({"next": reverse("staff-door:access")})


def _too_late(request: HttpRequest) -> HttpResponse:
    messages.error(request, _(NOT_FRESH))
    return HttpResponseRedirect(reverse("staff-door:access"))
