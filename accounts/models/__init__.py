"""The tables of people."""

from accounts.models.case import CASE_STATES, Case
from accounts.models.code_request import CodeRequest
from accounts.models.phone import Phone
from accounts.models.role_grant import RoleGrant
from accounts.models.user import User

__all__ = ["CASE_STATES", "Case", "CodeRequest", "Phone", "RoleGrant", "User"]
