"""Coming in: password, then a code or a passkey; the first time, enrolling one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.admin.door.forms import CodeForm, ReasonForm
from accounts.admin.door.marks import HalfWay, begin, enter, inside, keep, note
from accounts.admin.door.pages import draw, for_half_way
from accounts.admin.sign_in import StaffSignInForm
from accounts.api.clients import client_address
from accounts.models import User
from accounts.services.staff.entering import BROKEN_GLASS, break_glass, refuse_entry
from accounts.services.staff.second_factors import (
    KIND,
    Proof,
    enrol_totp,
    factor_kinds,
    is_enrolled,
    make_recovery_codes,
    prove_by_code,
    take_factor_limit,
)
from lokahome.core import clock
from lokahome.core.audit.record import record
from lokahome.core.errors import DomainError, RateLimited

at_the_door = require_http_methods(["GET", "POST"])
STOPPED = gettext_lazy(
    "Trop de refus : ce mot de passe n’ouvre plus rien. Demandez-en un autre à un "
    "responsable."
)


class StaffLoginView(LoginView):
    """Django's page, which signs nobody in here: it notes whose password was right."""

    template_name = "admin/login.html"
    authentication_form = StaffSignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the theme's frame."""
        return {
            **super().get_context_data(**kwargs),
            **admin.site.each_context(self.request),
            "title": _("Connexion"),
            "subtitle": None,
            "app_path": self.request.get_full_path(),
        }

    def form_valid(self, form: Any) -> HttpResponse:
        """Go on to the second proof, or to enrolling one."""
        user = form.get_user()
        onward = self.get_redirect_url() or reverse("admin:index")
        begin(self.request.session, user, onward=onward, now=clock.now())
        step = "second-factor" if is_enrolled(user.pk) else "enrolment"
        return HttpResponseRedirect(reverse(f"staff-door:{step}"))


def come_in(request: HttpRequest, user: User, proof: Proof, onward: str) -> str:
    """Sign *user* in and return where to go; a superuser is asked for a reason there."""
    enter(request, user, proof, now=clock.now())
    record(
        "staff.entered",
        subject=f"user:{user.pk}",
        actor_id=user.pk,
        details={"factor": proof.kind},
        # Django's request has all that is read of it.
        personal={"address": client_address(request)},  # type: ignore[arg-type]
    )
    return onward


def refusal_of(user: User, refusal: DomainError) -> str:
    """Note a refused second proof and return what is said of it.

    Too many of them end what the password had begun. What was not looked at, because
    tries came too fast, does not count.
    """
    if isinstance(refusal, RateLimited):
        return f"{refusal.title}. {refusal.detail}"
    if refuse_entry(person_id=user.pk, now=clock.now()):
        return str(STOPPED)
    return f"{refusal.title}. {refusal.detail}"


@at_the_door
@for_half_way
def second_factor(request: HttpRequest, user: User, mark: HalfWay) -> HttpResponse:
    """Ask for a code of the application, a recovery code, or a passkey."""
    kinds = factor_kinds(user.pk)
    if not is_enrolled(user.pk):
        return HttpResponseRedirect(reverse("staff-door:enrolment"))
    form = CodeForm(request.POST or None)
    if KIND.TOTP not in kinds:
        form.fields["code"].label = _("Code de secours")
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            take_factor_limit(person_id=user.pk, now=now)
            proof = prove_by_code(
                person_id=user.pk, code=form.cleaned_data["code"], now=now
            )
        except DomainError as refusal:
            form.refuse(refusal_of(user, refusal))
        else:
            return HttpResponseRedirect(come_in(request, user, proof, mark.onward))
    context = {
        "form": form,
        "title": _("Second facteur"),
        "has_code": KIND.TOTP in kinds,
        "has_passkey": KIND.WEBAUTHN in kinds,
    }
    return draw(request, "second_factor.html", context)


@at_the_door
@for_half_way
def enrolment(request: HttpRequest, user: User, mark: HalfWay) -> HttpResponse:
    """Show a seed as a picture and as text until a code of it comes back.

    Who has a factor already proves it instead: a password alone replaces none.
    """
    if is_enrolled(user.pk) and not mark.factor:
        return HttpResponseRedirect(reverse("staff-door:second-factor"))
    if mark.factor:
        return HttpResponseRedirect(reverse("staff-door:recovery-codes"))
    adapter = get_adapter()
    if mark.seed:
        seed = adapter.decrypt(mark.seed)
    else:
        seed = generate_totp_secret()
        keep(request.session, mark, seed=adapter.encrypt(seed))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            take_factor_limit(person_id=user.pk, now=now)
            proof = enrol_totp(
                person_id=user.pk, seed=seed, code=form.cleaned_data["code"], now=now
            )
        except DomainError as refusal:
            form.refuse(f"{refusal.title}. {refusal.detail}")
        else:
            return HttpResponseRedirect(enrolled(request, user, mark, proof))
    context = {
        "form": form,
        "title": _("Inscrire un second facteur"),
        **picture_of(user, seed),
        "passkey_urls": {
            "begin": reverse("staff-door:enrolment-passkey"),
            "answer": reverse("staff-door:enrolment-passkey-answer"),
        },
    }
    return draw(request, "enrolment.html", context)


def picture_of(user: User, seed: str) -> dict[str, str]:
    """Return *seed* as an SVG for the application's camera, and in groups of four."""
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(user, seed))
    return {
        # Drawn by us: no word of a person is in it.
        "picture": mark_safe(picture.partition("?>")[2] or picture),  # noqa: S308
        "seed": " ".join(seed[index : index + 4] for index in range(0, len(seed), 4)),
    }


def enrolled(request: HttpRequest, user: User, mark: HalfWay, proof: Proof) -> str:
    """Note the first factor, make recovery codes, and return where they are shown."""
    make_recovery_codes(person_id=user.pk)
    keep(request.session, mark, factor=proof.factor, kind=proof.kind, seed="")
    return reverse("staff-door:recovery-codes")


@at_the_door
@for_half_way
def recovery_codes(request: HttpRequest, user: User, mark: HalfWay) -> HttpResponse:
    """Show the codes once, at enrolment; who has noted them comes in."""
    rows = Authenticator.objects.filter(user=user, type=KIND.RECOVERY_CODES)
    row = rows.first()
    if not mark.factor or row is None:
        return HttpResponseRedirect(reverse("staff-door:second-factor"))
    if request.method == "POST":
        proof = Proof(mark.factor, mark.kind)
        return HttpResponseRedirect(come_in(request, user, proof, mark.onward))
    context = {
        "title": _("Codes de secours"),
        "codes": RecoveryCodes(row).get_unused_codes(),
    }
    return draw(request, "recovery_codes.html", context)


@at_the_door
def glass(request: HttpRequest) -> HttpResponse:
    """Ask a superuser why they are here; tell whoever is in charge."""
    user: Any = request.user
    mark = inside(request.session)
    if mark is None or not user.is_superuser:
        return HttpResponseRedirect(reverse("admin:index"))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            until = break_glass(
                person_id=UUID(str(user.pk)),
                reason=form.cleaned_data["reason"],
                now=clock.now(),
            )
        except DomainError as refusal:
            form.add_error("reason", refusal.detail)
        else:
            note(request.session, mark, until=until.isoformat())
            return HttpResponseRedirect(reverse("admin:index"))
    context = {
        "form": form,
        "title": _("Accès d’urgence"),
        "minutes": int(BROKEN_GLASS.total_seconds() // 60),
    }
    return draw(request, "break_glass.html", context)
