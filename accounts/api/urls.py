"""Paths of people under ``/api/v1/``."""

from django.urls import path

from accounts.api.views.agencies import AgencyViewSet, MemberViewSet
from accounts.api.views.agency_invitations import (
    AgencyInvitationViewSet,
    MyInvitationsViewSet,
)
from accounts.api.views.auth import (
    PasswordLoginView,
    SignOutView,
    TokenRefreshView,
)
from accounts.api.views.challenges import (
    ChallengeLetterView,
    ChallengeNewAccountView,
    ChallengeNoticeView,
    ChallengeProofView,
    ChallengeSmsView,
)
from accounts.api.views.codes import OtpRequestView, OtpVerificationView
from accounts.api.views.emails import MyEmailsViewSet
from accounts.api.views.identities import (
    GoogleNonceView,
    GoogleSignInView,
    MyIdentitiesView,
    MyIdentityView,
)
from accounts.api.views.identity_checks import IdentityCheckViewSet
from accounts.api.views.me import MeViewSet
from accounts.api.views.passwords import (
    ChangePasswordView,
    ConfirmResetView,
    ResetPasswordView,
)
from accounts.api.views.phones import MyPhonesViewSet
from accounts.api.views.privacy import (
    MyConsentsViewSet,
    MyDataExportsViewSet,
    MyErasureRequestsViewSet,
)
from accounts.api.views.proofs import MyProofCodesView, MyProofsView, NotMeView
from accounts.api.views.reports import ReportViewSet
from accounts.api.views.roles import MyRolesViewSet
from accounts.api.views.sanctions import AppealViewSet, MySanctionsViewSet
from accounts.api.views.sessions import (
    MyDevicesViewSet,
    MySessionsViewSet,
    SignOutEverywhereView,
)
from accounts.api.views.sign_in_notices import MySignInNoticesViewSet
from lokahome.core.api.viewsets import ApiRouter

router = ApiRouter()
router.register("me/sessions", MySessionsViewSet, basename="my-sessions")
router.register("me/devices", MyDevicesViewSet, basename="my-devices")
router.register("me/roles", MyRolesViewSet, basename="my-roles")
router.register("me/phones", MyPhonesViewSet, basename="my-phones")
router.register(
    "me/sign-in-notices", MySignInNoticesViewSet, basename="my-sign-in-notices"
)
router.register("me/emails", MyEmailsViewSet, basename="my-emails")
router.register("identity-checks", IdentityCheckViewSet, basename="identity-check")
router.register("agencies", AgencyViewSet, basename="agency")
router.register("me/invitations", MyInvitationsViewSet, basename="my-invitations")
router.register("me/consents", MyConsentsViewSet, basename="my-consents")
router.register("me/data-exports", MyDataExportsViewSet, basename="my-data-exports")
router.register(
    "me/erasure-requests", MyErasureRequestsViewSet, basename="my-erasure-requests"
)
router.register("reports", ReportViewSet, basename="report")
router.register("me/sanctions", MySanctionsViewSet, basename="my-sanctions")
router.register("appeals", AppealViewSet, basename="appeal")

urlpatterns = [
    path("auth/otp-requests", OtpRequestView.as_view(), name="otp-requests"),
    path(
        "auth/otp-verifications",
        OtpVerificationView.as_view(),
        name="otp-verifications",
    ),
    path(
        "auth/challenges/<uuid:pk>/proofs",
        ChallengeProofView.as_view(),
        name="challenge-proofs",
    ),
    path(
        "auth/challenges/<uuid:pk>/sms-codes",
        ChallengeSmsView.as_view(),
        name="challenge-sms-codes",
    ),
    path(
        "auth/challenges/<uuid:pk>/email-codes",
        ChallengeLetterView.as_view(),
        name="challenge-email-codes",
    ),
    path(
        "auth/challenges/<uuid:pk>/notice",
        ChallengeNoticeView.as_view(),
        name="challenge-notice",
    ),
    path(
        "auth/challenges/<uuid:pk>/new-account",
        ChallengeNewAccountView.as_view(),
        name="challenge-new-account",
    ),
    path("auth/login", PasswordLoginView.as_view(), name="login"),
    path("auth/token/refresh", TokenRefreshView.as_view(), name="token-refresh"),
    path("auth/logout", SignOutView.as_view(), name="logout"),
    path(
        "auth/logout-everywhere",
        SignOutEverywhereView.as_view(),
        name="logout-everywhere",
    ),
    path("auth/password/change", ChangePasswordView.as_view(), name="password-change"),
    path("auth/password/reset", ResetPasswordView.as_view(), name="password-reset"),
    path(
        "auth/password/reset/confirm",
        ConfirmResetView.as_view(),
        name="password-reset-confirm",
    ),
    path("auth/oidc/google/nonces", GoogleNonceView.as_view(), name="oidc-nonces"),
    path("auth/oidc/google", GoogleSignInView.as_view(), name="oidc-sign-in"),
    path("me/identities", MyIdentitiesView.as_view(), name="my-identities"),
    path("me/identities/<slug:provider>", MyIdentityView.as_view(), name="my-identity"),
    path("me/proofs", MyProofsView.as_view(), name="my-proofs"),
    path("me/not-me", NotMeView.as_view(), name="my-not-me"),
    path("me/proof-codes", MyProofCodesView.as_view(), name="my-proof-codes"),
    path(
        "me",
        MeViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="me",
    ),
    path(
        "agencies/<uuid:agency_id>/members",
        MemberViewSet.as_view({"get": "list"}),
        name="agency-members",
    ),
    path(
        "agencies/<uuid:agency_id>/members/<uuid:pk>",
        MemberViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
        name="agency-member",
    ),
    path(
        "agencies/<uuid:agency_id>/invitations",
        AgencyInvitationViewSet.as_view({"get": "list", "post": "create"}),
        name="agency-invitations",
    ),
    path(
        "agencies/<uuid:agency_id>/invitations/<uuid:pk>",
        AgencyInvitationViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="agency-invitation",
    ),
    *router.urls,
]
