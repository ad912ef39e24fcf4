"""Agencies and their members, as members see them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import Agency, AgencyRole, Membership
from accounts.models.agency import IFU
from accounts.policies.agencies import (
    may_give_agency_role,
    may_lead_agency,
    may_own_agency,
    may_remove_member,
)


class AgencyInputSerializer(serializers.Serializer[Any]):
    """A new agency; it works once staff have checked its numbers."""

    id = serializers.UUIDField(required=False, help_text="May be made by the client.")
    name = serializers.CharField(max_length=120, help_text="As in its papers.")
    ifu = serializers.RegexField(
        IFU,
        required=False,
        allow_blank=True,
        max_length=13,
        help_text="Tax number, 13 digits.",
    )
    rccm = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="Number in the trade register.",
    )


class AgencyPatchSerializer(AgencyInputSerializer):
    """What an owner may change while the agency is a draft; absent members stay."""

    id = None  # type: ignore[assignment]  # DRF's way to drop a field


class AgencySerializer(serializers.ModelSerializer[Agency]):
    """An agency of one's own."""

    id = serializers.UUIDField(
        read_only=True, help_text="Sent as `LokaHome-Agency` to act in its name."
    )
    name = serializers.CharField(
        read_only=True, max_length=120, help_text="As in its papers."
    )
    ifu = serializers.CharField(
        read_only=True, max_length=13, help_text="Tax number; may be empty."
    )
    rccm = serializers.CharField(
        read_only=True, max_length=40, help_text="Trade register; may be empty."
    )
    status = serializers.ChoiceField(
        choices=Agency.Status.choices,
        read_only=True,
        help_text="Only an `active` agency may hold mandates.",
    )
    status_reason = serializers.CharField(
        read_only=True, max_length=500, help_text="Why it is suspended; may be empty."
    )
    my_role = serializers.ChoiceField(
        choices=AgencyRole.choices, read_only=True, help_text="The reader's role in it."
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What this reader may do now."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="Since when.")

    class Meta:
        model = Agency
        fields = (
            "id",
            "name",
            "ifu",
            "rccm",
            "status",
            "status_reason",
            "my_role",
            "allowed_actions",
            "created_at",
        )

    def get_allowed_actions(self, agency: Agency) -> list[str]:
        """Return what the reader's role and the agency's state permit."""
        role = str(getattr(agency, "my_role", ""))
        operating = agency.status in Agency.OPERATING_STATES
        found = {
            "edit": may_own_agency(role=role) and agency.status == Agency.Status.DRAFT,
            "close": may_own_agency(role=role) and operating,
            "invite": may_lead_agency(role=role)
            and agency.status == Agency.Status.ACTIVE,
            "act_for": operating,
        }
        return [name for name, is_open in found.items() if is_open]


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """Somebody who belongs to the agency."""

    id = serializers.UUIDField(read_only=True, help_text="The membership.")
    full_name = serializers.CharField(
        source="user.full_name",
        read_only=True,
        max_length=120,
        help_text="May be empty.",
    )
    role = serializers.ChoiceField(
        choices=AgencyRole.choices, read_only=True, help_text="The role in the agency."
    )
    is_me = serializers.SerializerMethodField(help_text="Whether it is the reader.")
    allowed_actions = serializers.SerializerMethodField(
        help_text="`change_role`, `remove` or `leave`, as the reader may."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="Since when.")

    class Meta:
        model = Membership
        fields = ("id", "full_name", "role", "is_me", "allowed_actions", "created_at")

    def get_is_me(self, member: Membership) -> bool:
        """Say whether it is the reader's own membership."""
        return bool(member.user_id == self.context["request"].user.pk)

    def get_allowed_actions(self, member: Membership) -> list[str]:
        """Return what the reader may do about this member."""
        is_self = self.get_is_me(member)
        actor = str(getattr(member, "reader_role", ""))
        found = []
        if may_give_agency_role(
            actor_role=actor, given=AgencyRole.VIEWER, held=member.role
        ):
            found.append("change_role")
        if may_remove_member(
            actor_role=actor, member_role=member.role, is_self=is_self
        ):
            found.append("leave" if is_self else "remove")
        return found


class MemberRoleSerializer(serializers.Serializer[Any]):
    """The role that a member gets."""

    role = serializers.ChoiceField(
        choices=AgencyRole.choices,
        help_text="A manager gives roles below `manager` only.",
    )
