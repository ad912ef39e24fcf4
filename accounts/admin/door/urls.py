"""Paths of the door; they stand before the back-office's own, whose sign-in they take."""

from __future__ import annotations

from django.urls import path

from accounts.admin.door import access, passkeys, views

app_name = "staff-door"
urlpatterns = [
    path("login/", views.StaffLoginView.as_view(), name="login"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("second-factor/passkey/", passkeys.ask, name="passkey"),
    path("second-factor/passkey/answer/", passkeys.answer, name="passkey-answer"),
    path("enrolment/", views.enrolment, name="enrolment"),
    path("enrolment/passkey/", passkeys.enrolment_ask, name="enrolment-passkey"),
    path(
        "enrolment/passkey/answer/",
        passkeys.enrolment_answer,
        name="enrolment-passkey-answer",
    ),
    path("recovery-codes/", views.recovery_codes, name="recovery-codes"),
    path("break-glass/", views.glass, name="break-glass"),
    path("access/", access.access, name="access"),
    path("access/proof/passkey/", access.proof_ask, name="access-proof"),
    path(
        "access/proof/passkey/answer/", access.proof_answer, name="access-proof-answer"
    ),
    path("password_change/", access.password, name="access-password"),
    path("access/application/", access.application, name="access-application"),
    path("access/codes/", access.new_codes, name="access-codes"),
    path("access/<int:factor>/removal/", access.remove, name="access-removal"),
    path("access/passkey/", access.passkey_ask, name="access-passkey"),
    path("access/passkey/answer/", access.passkey_answer, name="access-passkey-answer"),
]
