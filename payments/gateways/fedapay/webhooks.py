"""Reading a FedaPay webhook: ``{id?, name, object, object_id, account, entity}``.

The docs show no full sample: `name` and `entity` come from the Node SDK's own tests and
from integrators, `object` and `object_id` from a live integration; `id` may be absent.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payments.gateways.base import ObjectType, WebhookNotice
from payments.gateways.errors import GatewayUntrusted
from payments.gateways.fedapay import parsing, signature
from payments.gateways.fedapay.config import FedaPayConfig

_TYPES = {"transaction": ObjectType.CHARGE, "payout": ObjectType.PAYOUT}


def read(
    config: FedaPayConfig,
    *,
    headers: Mapping[str, str],
    raw_body: bytes,
    now: datetime,
) -> WebhookNotice:
    """Verify the signature over `raw_body`, then say which object it talks about.

    Payouts and transactions may share a number, so the type comes from the event's
    name, and an entity of another class is refused. Without an event id one is made
    of what changed: the same for a replay of the same change.
    Raises `GatewayUntrusted`; nothing of the body is read before the signature holds.
    """
    signed_at = signature.verify(
        header=_header(headers),
        raw_body=raw_body,
        secrets=config.webhook_secrets,
        now=now,
        tolerance_seconds=config.tolerance_seconds,
    )
    payload = _parse(raw_body)
    kind = payload.get("name")
    entity = payload.get("entity")
    if not isinstance(kind, str) or not isinstance(entity, Mapping):
        raise GatewayUntrusted("a webhook has no name or no entity", sent=False)
    noun = kind.partition(".")[0]
    klass = entity.get("klass")
    if klass is not None and klass != f"v1/{noun}":
        raise GatewayUntrusted(
            "a webhook names one thing and holds another", sent=False
        )
    try:
        gateway_id = parsing.identifier(entity)
    except GatewayUntrusted as error:
        error.sent = False
        raise
    return WebhookNotice(
        event_id=_event_id(payload, kind, gateway_id, entity),
        kind=kind[:64],
        object_type=_TYPES.get(noun, ObjectType.OTHER),
        gateway_object_id=gateway_id,
        occurred_at=_moment(entity),
        signed_at=signed_at,
    )


def _header(headers: Mapping[str, str]) -> str:
    wanted = signature.HEADER.lower()
    values = [value for key, value in headers.items() if key.lower() == wanted]
    if len(values) != 1:
        raise GatewayUntrusted("a webhook without one signature header", sent=False)
    return values[0]


def _parse(raw_body: bytes) -> Mapping[str, Any]:
    try:
        payload = json.loads(raw_body)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, Mapping):
        raise GatewayUntrusted("a webhook is not a JSON object", sent=False)
    return payload


def _event_id(
    payload: Mapping[str, Any], kind: str, gateway_id: str, entity: Mapping[str, Any]
) -> str:
    given = payload.get("id")
    if (isinstance(given, str) and 0 < len(given) <= 100) or type(given) is int:
        return str(given)
    change = [kind, gateway_id, entity.get("status"), entity.get("updated_at")]
    return "made:" + hashlib.sha256(json.dumps(change).encode()).hexdigest()


def _moment(entity: Mapping[str, Any]) -> datetime | None:
    try:
        return parsing.moment(entity, "updated_at")
    except GatewayUntrusted:
        return None
