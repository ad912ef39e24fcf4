"""Answering for a gap: a row of the log that only a holder of the key can write.

The row alone proves nothing: whoever writes to the table could put it there. So its
details hold an HMAC over what is explained, and it counts once a later seal covers it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable

from lokahome.core.audit.chain import keys
from lokahome.core.audit.models import AuditEntry, AuditEvent, AuditSeal
from lokahome.core.audit.record import record

EXPLAINED = "audit.gap_explained"
"""The deed of whoever answers for a gap, about ``seal:<position>``."""
FORM = "lokahome-audit-explanation-1"
LONGEST_REASON = 500

Gap = tuple[str, str]
"""The kind of a finding, and where it is."""


def proof_of(
    key: bytes, *, seal: AuditSeal, kinds: Iterable[str], reason: str, key_id: str
) -> str:
    """Return the HMAC-SHA-256 of an explanation, under a key that is for these alone.

    It names the seal by its own HMAC too: nobody can write it before that seal exists,
    nor take it along to a chain that was written anew.
    """
    own = hmac.new(key, FORM.encode(), hashlib.sha256).digest()
    claims = [FORM, sorted(kinds), seal.position, seal.seal, reason, key_id]
    text = json.dumps(claims, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(own, text.encode(), hashlib.sha256).hexdigest()


def explain(seal: AuditSeal, *, kinds: Iterable[str], reason: str) -> AuditEvent:
    """Write that the gaps of *kinds* before *seal* are understood, and why."""
    key_id, key = next(iter(keys().items()))
    told = sorted(set(kinds))
    return record(
        EXPLAINED,
        subject=f"seal:{seal.position}",
        actor_id=None,
        reason=reason,
        details={
            "kinds": told,
            "key_id": key_id,
            "proof": proof_of(key, seal=seal, kinds=told, reason=reason, key_id=key_id),
        },
    )


def explained(gaps: set[Gap], chain: list[AuditSeal]) -> dict[Gap, str]:
    """Return those of *gaps* that somebody answered for, with their reasons.

    *chain* holds the seals that were read. What no seal after the gap's own covers
    does not count yet.
    """
    seals = {f"seal:{seal.position}": seal for seal in chain}
    rows = AuditEvent.objects.filter(
        action=EXPLAINED, subject__in={where for _kind, where in gaps}
    ).order_by("pk")
    events = list(rows)
    entries = AuditEntry.objects.filter(
        source=AuditEntry.Source.EVENT, row_id__in=[event.pk for event in events]
    )
    places = dict(entries.values_list("row_id", "position"))
    found: dict[Gap, str] = {}
    for event in events:
        seal, place = seals.get(event.subject), places.get(event.pk, 0)
        if seal is None or not seal.last_entry < place <= chain[-1].last_entry:
            continue
        for kind in _proved(event, seal):
            if (kind, event.subject) in gaps:
                found.setdefault((kind, event.subject), event.reason)
    return found


def _proved(event: AuditEvent, seal: AuditSeal) -> list[str]:
    """Return the kinds that *event* explains; none unless its HMAC is right.

    Its details may be anybody's: they are of any shape.
    """
    details = event.details if isinstance(event.details, dict) else {}
    kinds, key_id, proof = (details.get(it) for it in ("kinds", "key_id", "proof"))
    if not isinstance(kinds, list) or not all(isinstance(it, str) for it in kinds):
        return []
    if not isinstance(key_id, str) or not isinstance(proof, str):
        return []
    key = keys().get(key_id)
    if key is None or not event.reason.strip():
        return []
    right = proof_of(key, seal=seal, kinds=kinds, reason=event.reason, key_id=key_id)
    return kinds if hmac.compare_digest(right.encode(), proof.encode()) else []
