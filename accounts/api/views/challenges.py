"""When a right code is not enough: a second proof, notice, or another account."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.clients import client_address, device_key
from accounts.api.serializers.auth import SessionSerializer
from accounts.api.serializers.codes import (
    ChallengeProofSerializer,
    CodeSentSerializer,
    SignInNoticeSerializer,
)
from accounts.api.views.auth import OpenView, read, signed_in
from accounts.services.signing_in.challenges import (
    answer_challenge,
    give_notice,
    leave_account,
    request_challenge_code,
)
from accounts.services.signing_in.proofs import ProofMethod
from lokahome.core import clock


class ChallengeProofView(OpenView):
    """Answering a challenge."""

    @extend_schema(
        operation_id="challenge_prove",
        tags=["auth"],
        summary="Sign in with a second proof",
        request=ChallengeProofSerializer,
        responses={200: SessionSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Return tokens; five wrong answers use the challenge up.

        From the device that answered the code: a challenge knows its `LokaHome-Device`.
        """
        result = answer_challenge(
            challenge_id=pk,
            **read(ChallengeProofSerializer, request),
            device_key=device_key(request),
            now=clock.now(),
        )
        return signed_in(result)


def _sent(request: Request, pk: UUID, method: ProofMethod) -> Response:
    code_request = request_challenge_code(
        challenge_id=pk,
        method=method.value,
        device_key=device_key(request),
        client_ip=client_address(request),
        now=clock.now(),
    )
    body = CodeSentSerializer(code_request).data
    return Response(body, status=status.HTTP_201_CREATED)


class ChallengeSmsView(OpenView):
    """Asking for the code of ``sms_code``."""

    @extend_schema(
        operation_id="challenge_sms_code_create",
        tags=["auth"],
        summary="Have a code sent to the account's number",
        request=None,
        responses={201: CodeSentSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Send it; the newest code alone counts. The number is not told."""
        return _sent(request, pk, ProofMethod.SMS_CODE)


class ChallengeLetterView(OpenView):
    """Asking for the code of ``email_code``."""

    @extend_schema(
        operation_id="challenge_email_code_create",
        tags=["auth"],
        summary="Have a code sent to the account's address",
        request=None,
        responses={201: CodeSentSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Send it; the newest code alone counts. The address is not told."""
        return _sent(request, pk, ProofMethod.EMAIL_CODE)


class ChallengeNoticeView(OpenView):
    """Waiting 72 hours instead of proving."""

    @extend_schema(
        operation_id="challenge_notice_create",
        tags=["auth"],
        summary="Give 72 hours' notice to the account's other channels",
        request=None,
        responses={201: SignInNoticeSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Tell the address, another number and the app; the same notice if one waits.

        Uncontested, a new code from this device signs in from ``opens_at`` on.
        """
        notice = give_notice(
            challenge_id=pk, device_key=device_key(request), now=clock.now()
        )
        body = SignInNoticeSerializer(notice).data
        return Response(body, status=status.HTTP_201_CREATED)


class ChallengeNewAccountView(OpenView):
    """Leaving the old account to its person."""

    @extend_schema(
        operation_id="challenge_new_account_create",
        tags=["auth"],
        summary="Detach the number from the old account and open a new one",
        request=None,
        responses={201: SessionSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Return tokens of a new account; the old one hears of it and keeps the rest."""
        result = leave_account(
            challenge_id=pk, device_key=device_key(request), now=clock.now()
        )
        answer = signed_in(result)
        answer.status_code = status.HTTP_201_CREATED
        return answer
