"""A service that issues identity tokens, for tests: real HTTP on loopback.

It has the three doors that OpenID Connect asks for (discovery, keys, tokens) and signs
whatever a test wants, the wrong things too.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "lokahome.apps.example"
CLIENT_SECRET = "a secret of the tests"
APP_CLIENT_ID = "android.apps.example"
REDIRECT_URI = "https://app.lokahome.example/google"
VERIFIER = "v" * 43


class Issuer:
    """The service: its keys, its tokens, what was asked of it."""

    def __init__(self) -> None:
        self.keys = {"first": _new_key()}
        self.codes: dict[str, dict] = {}
        self.asked: list[str] = []
        self.says_it_is = ""
        self.url = ""

    def token(self, *, key="first", key_id=None, alg="RS256", secret=None, **claims):
        """Return a token for Ama's Google account, good unless *claims* say otherwise."""
        now = int(time.time())
        told = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": "10769150350006150715113082367",
            "iat": now,
            "exp": now + 600,
            **claims,
        }
        told = {name: value for name, value in told.items() if value is not None}
        signer = secret if secret is not None else self.keys.get(key) or _new_key()
        headers = {"kid": key_id or key}
        return jwt.encode(told, signer, algorithm=alg, headers=headers)

    def issue_code(self, **claims) -> str:
        """Return a code that the token door takes once."""
        code = f"code-{len(self.codes)}"
        self.codes[code] = claims
        return code

    def answer(self, method: str, path: str, body: bytes):
        """Return (status, document) for one request."""
        self.asked.append(f"{method} {path}")
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.says_it_is or self.url,
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
        if path == "/keys":
            return 200, {"keys": [_public(*item) for item in self.keys.items()]}
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        claims = self.codes.pop(form.get("code", ""), None)
        is_ours = (form.get("client_id"), form.get("client_secret")) == (
            CLIENT_ID,
            CLIENT_SECRET,
        )
        if path != "/token" or claims is None or not is_ours:
            return 400, {"error": "invalid_grant"}
        if form.get("code_verifier") != VERIFIER:
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": self.token(**claims), "access_token": "unused"}


@contextlib.contextmanager
def running(settings):
    """Serve an issuer and make it the service behind ``google``."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            told = issuer.answer(self.command, self.path, self.rfile.read(length))
            status, document = told
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.DEBUG = True  # our client calls loopback in development only
    settings.OIDC_HOSTS = {"127.0.0.1"}
    settings.OIDC_REDIRECT_URIS = [REDIRECT_URI]
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "google",
                    "name": "Google",
                    "client_id": CLIENT_ID,
                    "secret": CLIENT_SECRET,
                    "settings": {
                        "server_url": issuer.url,
                        "app_client_ids": [APP_CLIENT_ID],
                    },
                }
            ]
        }
    }
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _public(key_id: str, key: rsa.RSAPrivateKey) -> dict:
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": key_id, "use": "sig", "alg": "RS256"}
