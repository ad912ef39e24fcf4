"""Bodies and queries that have to say more than the schema does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from accounts.services.privacy.data_exports import sign_download
from lokahome.core import clock
from lokahome.tests.people import PASSWORD
from marketplace.queries.jobs import code_of
from marketplace.tests.factories import LINES
from properties.tests import factories as homes

if TYPE_CHECKING:
    from lokahome.tests.security.asking import Scene


def lines(_scene: Scene) -> dict[str, Any]:
    """Return the body of a quote."""
    wanted = [
        {
            "kind": line.kind,
            "label": line.label,
            "amount": {"amount": line.amount, "currency": "XOF"},
        }
        for line in LINES
    ]
    return {"lines": wanted}


def code(kind: str) -> Callable[[Scene], dict[str, Any]]:
    """Return the body with the job's true code, as if it had been overheard."""

    def body(scene: Scene) -> dict[str, Any]:
        told = {"code": code_of(scene.row, kind)}
        pictures = [str(scene.mine("upload"))]
        return told | ({"upload_ids": pictures} if kind == "finish" else {})

    return body


def digest(scene: Scene) -> dict[str, Any]:
    """Return the body that signs the lease's exact terms."""
    return {"terms_digest": scene.row.terms_digest}


def picture(_scene: Scene) -> bytes:
    """Return the bytes that were announced."""
    return homes.jpeg(64, 48)


def announcement(_scene: Scene) -> dict[str, Any]:
    """Return the announcement of a picture."""
    content = homes.jpeg(80, 60)
    sha = hashlib.sha256(content).hexdigest()
    return {
        "kind": "photo",
        "mime": "image/jpeg",
        "size_bytes": len(content),
        "sha256": sha,
    }


def somewhere(scene: Scene) -> dict[str, Any]:
    """Return a home's facts in the division of the asker's side."""
    quarter = homes.division(f"Quartier {scene.own.name}")
    return {"division_id": str(quarter.pk), "pin": {"lat": 6.36, "lng": 2.4}}


def wish(scene: Scene) -> dict[str, Any]:
    """Return a request for a service at a point of one's own."""
    quarter = homes.division(f"Quartier {scene.own.name}")
    return {
        "category": "leak",
        "title": "Une fuite",
        "division_id": str(quarter.pk),
        "point": {"lat": 6.36, "lng": 2.4},
    }


def entrusting(_scene: Scene) -> dict[str, Any]:
    """Return the terms of a mandate."""
    today = clock.today()
    return {
        "fee_bps": 800,
        "starts_on": today.isoformat(),
        "expires_on": (today + timedelta(days=200)).isoformat(),
    }


def passport(_scene: Scene) -> dict[str, Any]:
    """Return what is said of an identity document."""
    return {
        "document_kind": "voter_card",
        "number": "ZZ123456",
    }


def unsigned_form(_scene: Scene) -> bytes:
    """Return what a gateway of SMS would send, which nobody signed."""
    return b"MessageSid=SM1&MessageStatus=delivered&From=%2B2290197314200&Body=STOP"


def download(scene: Scene) -> str:
    """Return the query of a link to a copy, signed for whom the copy is of."""
    for side in scene.world.sides.values():
        for name, _role, row in side.rows():
            if name == "data_export" and row.pk == scene.id:
                signed = sign_download(export_id=row.pk, user=row.user, now=clock.now())
                return "?" + signed["url"].partition("?")[2]
    return "?key=none"


def credentials(scene: Scene) -> dict[str, Any]:
    """Return the name and the password of the asker."""
    user = scene.oneself
    return {"username": user.phone or user.username, "password": PASSWORD}
