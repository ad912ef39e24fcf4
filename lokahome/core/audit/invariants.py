"""The end of the audit chain, looked at every few minutes."""

from __future__ import annotations

from collections.abc import Iterator

from lokahome.core import clock
from lokahome.core.audit.anchors import anchor
from lokahome.core.audit.verifying import verify
from lokahome.core.invariants import invariant

NEWEST = 500
"""Seals: about three hours of a busy platform. The daily job reads all of them."""


def _findings() -> Iterator[tuple[object, ...]]:
    found = verify(now=clock.now(), place=anchor(), newest_seals=NEWEST)
    return ((str(finding),) for finding in found)


invariant(
    "audit.chain_holds",
    "the audit log is what was sealed, and its head is anchored",
    find=_findings,
)
