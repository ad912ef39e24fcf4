"""The tables of people."""

from accounts.models.case import CASE_STATES, Case
from accounts.models.code_request import CodeRequest
from accounts.models.email import Email
from accounts.models.identity_check import IDENTITY_STATES, IdentityCheck
from accounts.models.phone import Phone
from accounts.models.report import Report
from accounts.models.role_grant import RoleGrant
from accounts.models.user import User

__all__ = [
    "CASE_STATES",
    "IDENTITY_STATES",
    "Case",
    "CodeRequest",
    "Email",
    "IdentityCheck",
    "Phone",
    "Report",
    "RoleGrant",
    "User",
]
