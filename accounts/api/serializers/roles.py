"""Hats: how far each was checked, what it opens, and what the next level asks for."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import DocumentKind, RoleGrant
from accounts.models.document_kinds import KINDS
from accounts.policies.levels import actions_opened, missing_for
from accounts.policies.people import SELF_SERVICE_ROLES

ACTIONS = ["apply", "publish", "quote", "be_paid"]


class RoleSerializer(serializers.ModelSerializer[RoleGrant]):
    """A hat and how far it was checked."""

    id = serializers.UUIDField(read_only=True, help_text="Id of the grant.")
    role = serializers.ChoiceField(
        choices=RoleGrant.Role.choices, read_only=True, help_text="The hat."
    )
    level = serializers.IntegerField(
        read_only=True,
        min_value=0,
        max_value=3,
        help_text=(
            "0 phone verified, 1 identity checked, 2 ownership or mandate checked, "
            "3 professional file checked. It falls when a document runs out."
        ),
    )
    allowed_actions = serializers.SerializerMethodField(
        help_text="What the hat opens at this level."
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="Since when.")

    class Meta:
        model = RoleGrant
        fields: tuple[str, ...] = (
            "id",
            "role",
            "level",
            "allowed_actions",
            "created_at",
        )

    @extend_schema_field(
        serializers.ListField(child=serializers.ChoiceField(ACTIONS), max_length=4)
    )
    def get_allowed_actions(self, grant: RoleGrant) -> list[str]:
        """Return what the hat opens."""
        return actions_opened(role=grant.role, level=grant.level)


class NeedSerializer(serializers.Serializer[Any]):
    """Something to prove for the next level, by any of the documents."""

    name = serializers.CharField(max_length=20, help_text="What is to be proved.")
    title = serializers.CharField(max_length=60, help_text="The same for people.")
    document_kinds = serializers.ListField(
        child=serializers.ChoiceField(DocumentKind.choices),
        max_length=len(DocumentKind.values),
        help_text="What proves it, the strongest first.",
    )


class OwnRoleSerializer(RoleSerializer):
    """A hat of one's own, with what its next level asks for."""

    missing = serializers.SerializerMethodField(
        help_text="All of these raise the hat by one level; empty at the highest."
    )

    class Meta(RoleSerializer.Meta):
        fields = (*RoleSerializer.Meta.fields, "missing")

    @extend_schema_field(NeedSerializer(many=True))
    def get_missing(self, grant: Any) -> list[dict[str, Any]]:
        """Return what is still to be proved; the checks were read with the hats."""
        proofs = {
            check.document_kind
            for check in grant.user.accepted_checks
            if check.role in ("", grant.role)
        }
        return [
            {
                "name": need.name,
                "title": str(need.label),
                "document_kinds": sorted(
                    map(str, need.kinds), key=lambda kind: -KINDS[kind].strength
                ),
            }
            for need in missing_for(role=grant.role, proofs=proofs)
        ]


class TakeRoleSerializer(serializers.Serializer[Any]):
    """The hat to put on."""

    role = serializers.ChoiceField(
        choices=sorted(SELF_SERVICE_ROLES), help_text="A hat that anybody may put on."
    )
