"""Codes, and what an account asks for beside a right one."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.serializers.identities import LINK_LENGTH
from accounts.models import CodeRequest, SignInChallenge, SignInNotice
from accounts.services.signing_in.proofs import ProofMethod
from lokahome.core.api.fields import PhoneField


class OtpRequestSerializer(serializers.Serializer[Any]):
    """A request for a code by SMS."""

    id = serializers.UUIDField(
        required=False,
        help_text="Made by the app, so that a repeat sends no second SMS.",
    )
    phone = PhoneField(help_text="Any usual writing, e.g. 01 97 00 00 00.")
    device = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=80,
        help_text="Name of the phone or browser, for the list of sessions.",
    )


class OtpRequestedSerializer(serializers.ModelSerializer[CodeRequest]):
    """A request for a code, the same whether the number has an account or not."""

    id = serializers.UUIDField(read_only=True, help_text="Send it with the code.")
    phone = serializers.CharField(
        read_only=True, max_length=16, help_text="The number in E.164."
    )
    expires_at = serializers.DateTimeField(
        read_only=True, help_text="After this, ask for another code."
    )

    class Meta:
        model = CodeRequest
        fields = ("id", "phone", "expires_at")


class CodeAnswerSerializer(serializers.Serializer[Any]):
    """The code that was received, the request it answers, an outside account to link."""

    request_id = serializers.UUIDField(help_text="Id of the request.")
    code = serializers.RegexField(
        r"^[0-9]{6}\Z", max_length=6, help_text="Six digits, e.g. 042917."
    )
    link_token = serializers.CharField(
        required=False,
        max_length=LINK_LENGTH,
        write_only=True,
        help_text="From a sign-in with Google that asked for a number.",
    )


class ChallengeSerializer(serializers.Serializer[Any]):
    """The first proof was right, and may be another's by now: give a second one."""

    challenge_id = serializers.UUIDField(
        source="challenge.pk", read_only=True, help_text="Goes into the next paths."
    )
    given = serializers.ChoiceField(
        source="challenge.given",
        choices=SignInChallenge.Given.choices,
        read_only=True,
        help_text="What was proved already.",
    )
    reason = serializers.ChoiceField(
        source="challenge.reason",
        choices=SignInChallenge.Reason.choices,
        read_only=True,
        help_text="Why a code is not enough.",
    )
    methods = serializers.ListField(
        child=serializers.ChoiceField(choices=ProofMethod.choices),
        max_length=4,
        read_only=True,
        help_text="What this account can prove by, but what was given.",
    )
    expires_at = serializers.DateTimeField(
        source="challenge.expires_at",
        read_only=True,
        help_text="After this, ask for another code.",
    )


class ChallengeProofSerializer(serializers.Serializer[Any]):
    """A second proof."""

    method = serializers.ChoiceField(
        choices=ProofMethod.choices, help_text="One of methods."
    )
    value = serializers.CharField(
        max_length=200,
        trim_whitespace=False,
        write_only=True,
        help_text="The password, the code, or the last four digits of the document.",
    )


class ProofSerializer(serializers.Serializer[Any]):
    """A proof in a session that goes on."""

    method = serializers.ChoiceField(
        choices=ProofMethod.choices, help_text="One of methods."
    )
    value = serializers.CharField(
        max_length=200,
        trim_whitespace=False,
        write_only=True,
        help_text="The password, the code, or the last four digits of the document.",
    )


class ProofCodeSerializer(serializers.Serializer[Any]):
    """By which way a code comes."""

    method = serializers.ChoiceField(
        choices=[item for item in ProofMethod.choices if item[0].endswith("_code")],
        help_text="To the current number, or to the proved address.",
    )


class CodeSentSerializer(serializers.ModelSerializer[CodeRequest]):
    """A code is on its way; answer it where it was asked for."""

    expires_at = serializers.DateTimeField(
        read_only=True, help_text="After this, ask for another code."
    )

    class Meta:
        model = CodeRequest
        fields = ("expires_at",)


class ReclaimedSerializer(serializers.Serializer[Any]):
    """What went because it was not the person's."""

    sessions = serializers.IntegerField(
        read_only=True, help_text="Sessions that were ended."
    )
    numbers = serializers.IntegerField(
        read_only=True, help_text="Numbers that were taken off."
    )
    addresses = serializers.IntegerField(
        read_only=True, help_text="Addresses and claims that were taken off."
    )
    identities = serializers.IntegerField(
        read_only=True, help_text="Accounts of other services that open it no more."
    )
    password = serializers.BooleanField(
        read_only=True, help_text="Whether a password that a code set was dropped."
    )


class ProvedSerializer(serializers.Serializer[Any]):
    """The proof was right."""

    proved_at = serializers.DateTimeField(
        read_only=True, help_text="Counts for ten minutes."
    )


class SignInNoticeSerializer(serializers.ModelSerializer[SignInNotice]):
    """Somebody with a number of the account wants in, and has no second proof."""

    id = serializers.UUIDField(read_only=True, help_text="The notice.")
    status = serializers.ChoiceField(
        choices=SignInNotice.Status.choices, read_only=True, help_text="How it stands."
    )
    opens_at = serializers.DateTimeField(
        read_only=True, help_text="From then on a new code from that device signs in."
    )
    closes_at = serializers.DateTimeField(
        read_only=True, help_text="After this, it counts no more."
    )
    created_at = serializers.DateTimeField(
        read_only=True, help_text="When it was made."
    )

    class Meta:
        model = SignInNotice
        fields = ("id", "status", "opens_at", "closes_at", "created_at")
