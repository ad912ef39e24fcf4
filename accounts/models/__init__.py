"""The tables of people."""

from accounts.models.case import CASE_STATES, Case
from accounts.models.code_request import CodeRequest
from accounts.models.consent import Consent
from accounts.models.data_export import EXPORT_STATES, DataExport
from accounts.models.email import Email
from accounts.models.erasure_request import ERASURE_STATES, ErasureRequest
from accounts.models.identity_check import IDENTITY_STATES, IdentityCheck
from accounts.models.phone import Phone
from accounts.models.report import Report
from accounts.models.role_grant import RoleGrant
from accounts.models.session import Device, RefreshToken, Session
from accounts.models.user import User

__all__ = [
    "CASE_STATES",
    "ERASURE_STATES",
    "EXPORT_STATES",
    "IDENTITY_STATES",
    "Case",
    "CodeRequest",
    "Device",
    "Consent",
    "DataExport",
    "Email",
    "ErasureRequest",
    "IdentityCheck",
    "Phone",
    "RefreshToken",
    "Report",
    "RoleGrant",
    "Session",
    "User",
]
