"""Proving again who one is, in a session that goes on."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import session_of
from accounts.api.clients import client_address, device_key
from accounts.api.serializers.codes import (
    CodeSentSerializer,
    ProofCodeSerializer,
    ProofSerializer,
    ProvedSerializer,
    ReclaimedSerializer,
)
from accounts.api.views.auth import read
from accounts.services.people.reclaiming import reclaim
from accounts.services.signing_in.proofs import prove_again, request_proof_code
from lokahome.core import clock


class MyProofsView(APIView):
    """Giving a proof."""

    @extend_schema(
        operation_id="proof_create",
        tags=["me"],
        summary="Prove again who one is, for ten minutes",
        request=ProofSerializer,
        responses={200: ProvedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Note the proof on this session; sensitive changes ask for it."""
        session = prove_again(
            session=session_of(request),
            **read(ProofSerializer, request),
            now=clock.now(),
        )
        return Response(ProvedSerializer(session).data)


class NotMeView(APIView):
    """Shutting out who came into one's account."""

    @extend_schema(
        operation_id="not_me",
        tags=["me"],
        summary="Say that the changes of the last three days are somebody else's",
        description="Ends the other sessions, forgets their devices, and takes off the"
        " numbers, addresses and linked accounts of the last 72 hours. Needs a proof of"
        " the last 10 minutes (`auth.proof_needed`); a code by SMS is enough.",
        request=None,
        responses={200: ReclaimedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Undo them and say what went; again finds nothing left."""
        done = reclaim(session=session_of(request), now=clock.now())
        return Response(ReclaimedSerializer(done).data)


class MyProofCodesView(APIView):
    """Asking for the code of a proof."""

    @extend_schema(
        operation_id="proof_code_create",
        tags=["me"],
        summary="Have a code sent that proves who one is",
        request=ProofCodeSerializer,
        responses={201: CodeSentSerializer},
    )
    def post(self, request: Request) -> Response:
        """Send it to the current number or the proved address; the newest one counts."""
        code_request = request_proof_code(
            session=session_of(request),
            **read(ProofCodeSerializer, request),
            client_ip=client_address(request),
            device_key=device_key(request),
            now=clock.now(),
        )
        body = CodeSentSerializer(code_request).data
        return Response(body, status=status.HTTP_201_CREATED)
