"""An authenticator made of Python: it answers challenges as a key of a phone would."""

from __future__ import annotations

import json
from secrets import token_bytes

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

AAGUID = bytes(16)
FLAGS = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class SoftKey:
    """One credential of one site; *count* is what its next signature will say."""

    def __init__(self, rp_id="testserver", origin="https://testserver", count=1):
        self.rp_id, self.origin, self.count = rp_id, origin, count
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = token_bytes(16)

    def client_data(self, kind, challenge):
        return CollectedClientData(
            json.dumps(
                {"type": kind, "challenge": challenge, "origin": self.origin}
            ).encode()
        )

    def registered(self, options):
        """Answer what ``navigator.credentials.create`` would be given."""
        data = self.client_data("webauthn.create", options["publicKey"]["challenge"])
        credential = AttestedCredentialData.create(
            AAGUID, self.id, ES256.from_cryptography_key(self.key.public_key())
        )
        flags = FLAGS | AuthenticatorData.FLAG.AT
        auth = AuthenticatorData.create(
            sha256(self.rp_id.encode()), flags, self.count, credential
        )
        made = AttestationObject.create("none", auth, {})
        return self.answer(data, attestationObject=websafe_encode(bytes(made)))

    def signed(self, options):
        """Answer what ``navigator.credentials.get`` would be given."""
        self.count += 1
        data = self.client_data("webauthn.get", options["publicKey"]["challenge"])
        auth = AuthenticatorData.create(sha256(self.rp_id.encode()), FLAGS, self.count)
        signature = self.key.sign(bytes(auth) + data.hash, ec.ECDSA(hashes.SHA256()))
        return self.answer(
            data,
            authenticatorData=websafe_encode(bytes(auth)),
            signature=websafe_encode(signature),
        )

    def answer(self, data, **response):
        name = websafe_encode(self.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {"clientDataJSON": websafe_encode(bytes(data)), **response},
        }
