"""The tables of people."""

from accounts.models.agency import (
    AGENCY_STATES,
    MEMBERSHIP_STATES,
    Agency,
    AgencyContext,
    AgencyRole,
    Membership,
)
from accounts.models.agency_invitation import (
    INVITATION_STATES,
    AgencyInvitation,
    invited_number_digest,
)
from accounts.models.appeal import APPEAL_STATES, Appeal
from accounts.models.barred_trace import BarredTrace
from accounts.models.case import CASE_STATES, Case
from accounts.models.code_request import CodeRequest
from accounts.models.code_spending import CodeSpending
from accounts.models.consent import Consent
from accounts.models.data_export import EXPORT_STATES, DataExport
from accounts.models.document_kinds import DocumentKind, Purpose
from accounts.models.email import Email
from accounts.models.erasure_request import ERASURE_STATES, ErasureRequest
from accounts.models.identity_check import IDENTITY_STATES, IdentityCheck
from accounts.models.oidc_nonce import OidcNonce
from accounts.models.phone import Phone
from accounts.models.report import Report
from accounts.models.role_grant import RoleGrant
from accounts.models.sanction import SANCTION_STATES, Sanction
from accounts.models.session import Device, RefreshToken, Session
from accounts.models.sign_in_challenge import CHALLENGE_STATES, SignInChallenge
from accounts.models.sign_in_notice import NOTICE_STATES, SignInNotice
from accounts.models.staff_change import STAFF_CHANGE_STATES, StaffChange
from accounts.models.staff_link import STAFF_LINK_STATES, StaffLink
from accounts.models.user import User

__all__ = [
    "AGENCY_STATES",
    "APPEAL_STATES",
    "CASE_STATES",
    "CHALLENGE_STATES",
    "ERASURE_STATES",
    "EXPORT_STATES",
    "IDENTITY_STATES",
    "INVITATION_STATES",
    "MEMBERSHIP_STATES",
    "NOTICE_STATES",
    "SANCTION_STATES",
    "STAFF_CHANGE_STATES",
    "STAFF_LINK_STATES",
    "Agency",
    "AgencyContext",
    "AgencyInvitation",
    "AgencyRole",
    "Appeal",
    "BarredTrace",
    "Case",
    "CodeRequest",
    "CodeSpending",
    "Consent",
    "DataExport",
    "Device",
    "DocumentKind",
    "Email",
    "ErasureRequest",
    "IdentityCheck",
    "Membership",
    "OidcNonce",
    "Phone",
    "Purpose",
    "RefreshToken",
    "Report",
    "RoleGrant",
    "Sanction",
    "Session",
    "SignInChallenge",
    "SignInNotice",
    "StaffChange",
    "StaffLink",
    "User",
    "invited_number_digest",
]
