"""What this app holds of people, table by table."""

from __future__ import annotations

from django.db.models import CharField, F, Q
from django.db.models.functions import Cast

from accounts.services.privacy.data_exports import file_of
from accounts.services.privacy.parting import settle
from lokahome.core.privacy.holdings import (
    EVERYTHING,
    NOTHING_SAID,
    Holding,
    PersonalData,
    register,
)

STAFF_WORK = "What a member of staff decided, and why: it has to be answered for."
DIGESTS = ("number_digest", "digits_digest", "file_digest", "back_file_digest")
REVIEWERS = (
    "decided_by",
    "suspected_by",
    "vouched_by",
    "doubted_by",
    "revoked_by",
)
LAW = "Measures against misuse, with staff's grounds: five years."

register(
    PersonalData(
        app="accounts",
        settle=settle,
        holdings=(
            # -- how they sign in --------------------------------------------------
            Holding(
                model="accounts.RefreshToken",
                person="session__user_id",
                hidden=("jti", "successor", "key_id"),
                deleted=True,
            ),
            Holding(model="accounts.Session", person="user_id", deleted=True),
            Holding(
                model="accounts.Device",
                person="user_id",
                hidden=("key_digest",),
                deleted=True,
            ),
            Holding(
                model="accounts.SignInChallenge",
                person="person_id",
                hidden=("device_digest", "new_password"),
                deleted=True,
            ),
            Holding(
                model="accounts.SignInNotice",
                person="person_id",
                hidden=("device_digest",),
                deleted=True,
            ),
            Holding(
                model="accounts.CodeRequest",
                person="person_id",
                hidden=("code_hash", "device"),
                deleted=True,
            ),
            Holding(model="accounts.Phone", person="user_id", deleted=True),
            Holding(
                model="accounts.Email",
                person="user_id",
                hidden=("code_hash",),
                deleted=True,
            ),
            Holding(
                model="account.EmailConfirmation",
                person="email_address__user_id",
                hidden=("key",),
                deleted=True,
            ),
            Holding(model="account.EmailAddress", person="user_id", deleted=True),
            Holding(
                model="mfa.Authenticator",
                person="user_id",
                hidden=("data",),
                deleted=True,
            ),
            Holding(
                model="socialaccount.SocialToken",
                person="account__user_id",
                hidden=("token", "token_secret"),
                deleted=True,
            ),
            Holding(
                model="socialaccount.SocialAccount", person="user_id", deleted=True
            ),
            # -- who they are ------------------------------------------------------
            Holding(
                model="accounts.IdentityCheck",
                person="person_id",
                only=~Q(status="fraud"),
                hidden=(*DIGESTS, *REVIEWERS),
                emptied={
                    "number": "",
                    **dict.fromkeys(DIGESTS, ""),
                    "reason": NOTHING_SAID,
                },
                keeps=REVIEWERS,
                kept="That a paper of this kind was checked, by whom and with what end.",
            ),
            Holding(
                model="accounts.IdentityCheck",
                person="person_id",
                only=Q(status="fraud"),
                hidden=(*DIGESTS, *REVIEWERS),
                keeps=("number", *DIGESTS),
                kept="A paper that two people found forged is known again by its number,"
                " which is encrypted, and by its picture. Five years.",
            ),
            Holding(model="accounts.RoleGrant", person="user_id", deleted=True),
            Holding(
                model="accounts.Consent",
                person="user_id",
                keeps=(EVERYTHING,),
                kept="Proof of what was agreed to and taken back (Code du numérique,"
                " art. 390): no words, no name.",
            ),
            Holding(
                model="accounts.DataExport",
                person="user_id",
                hidden=("file_name", "file_sha256"),
                files=lambda export: [file_of(export)],
                files_copied=False,
                deleted=True,
            ),
            Holding(
                model="accounts.ErasureRequest",
                person="user_id",
                hidden=("files", "decided_by"),
                keeps=(EVERYTHING,),
                kept="That the person asked, and when it was answered.",
            ),
            # -- agencies ----------------------------------------------------------
            Holding(
                model="accounts.Agency",
                person="created_by_id",
                keeps=(EVERYTHING,),
                kept="An organisation, which outlives whoever opened it.",
            ),
            Holding(
                model="accounts.Membership",
                person="user_id",
                kept="Who could act for an agency, and when.",
            ),
            Holding(
                model="accounts.AgencyInvitation",
                person="answered_by_id",
                hidden=("phone", "phone_digest", "invited_by"),
                emptied={"phone_masked": NOTHING_SAID},
                keeps=("phone", "phone_digest", "invited_by"),
                kept="That an agency asked; the number itself was emptied by the answer,"
                " its digest goes after 90 days.",
            ),
            # -- what went wrong ---------------------------------------------------
            Holding(
                model="accounts.Report",
                person="reporter_id",
                emptied={"detail": NOTHING_SAID},
                keeps=("subject",),
                kept="That something was reported, for what kind of reason.",
            ),
            Holding(
                model="accounts.Case",
                person="decided_by_id",
                keeps=(EVERYTHING,),
                kept=STAFF_WORK,
            ),
            Holding(
                model="accounts.Sanction",
                person="person_id",
                hidden=("words", "decided_by", "second_by", "lifted_by"),
                keeps=(EVERYTHING,),
                kept=LAW,
            ),
            Holding(
                model="accounts.BarredTrace",
                person="sanction__person_id",
                hidden=("digest",),
                keeps=("digest",),
                kept="Keyed digests of the numbers and accepted documents of somebody who"
                " was banned, so that an erasure does not undo a ban: until it is"
                " lifted, five years at most.",
            ),
            Holding(
                model="accounts.Appeal",
                person="person_id",
                hidden=("first_decider", "first_second", "decided_by"),
                emptied={"words": NOTHING_SAID},
                keeps=("answer", "first_decider", "first_second", "decided_by"),
                kept=LAW,
            ),
            Holding(
                model="accounts.StaffLink",
                person="person_id",
                hidden=(
                    *("staff", "declared_by", "confirmed_by"),
                    *("end_asked_by", "ended_by"),
                ),
                keeps=(
                    *("staff", "declared_by", "confirmed_by"),
                    *("end_asked_by", "ended_by"),
                ),
                kept="That this human decided for the staff: no words, no name.",
            ),
            Holding(
                model="accounts.StaffChange",
                person="person_id",
                hidden=("proposed_by", "decided_by"),
                keeps=(EVERYTHING,),
                kept=STAFF_WORK,
            ),
            Holding(
                model="admin.LogEntry",
                person="user_id",
                keeps=(EVERYTHING,),
                kept=STAFF_WORK,
            ),
            # -- the person --------------------------------------------------------
            Holding(
                model="accounts.User_groups",
                person="user_id",
                deleted=True,
            ),
            Holding(
                model="accounts.User_user_permissions",
                person="user_id",
                deleted=True,
            ),
            Holding(
                model="accounts.User",
                person="id",
                hidden=("password", "is_superuser"),
                emptied={
                    "username": Cast(F("id"), CharField()),
                    "full_name": "",
                    "password": "!",
                    "last_login": None,
                    "used_at": None,
                    "is_active": False,
                },
                kept="An id, which ledger, contracts and the audit chain name.",
            ),
        ),
    )
)
