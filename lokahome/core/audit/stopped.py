"""Machines of developers, which are switched off: their gaps answer for themselves.

A gap of the log is a person's to explain (`explaining`). On a machine that somebody runs
for an afternoon each stop is one, and so would nobody look at the invariant any more.
"""

from __future__ import annotations

from itertools import groupby

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from lokahome.core import clock
from lokahome.core.audit.explaining import explain
from lokahome.core.audit.models import AuditSeal
from lokahome.core.audit.sealing import note_quiet, seal_next
from lokahome.core.audit.verifying import GAPS, look

REASON = "Poste de développement arrêté."


def answer_for_stops() -> None:
    """Seal what waits, and explain each gap of the log that nobody explained.

    What else is wrong with the log stays found. Raises ImproperlyConfigured unless DEBUG
    and DEV_DOORS are on: elsewhere a gap may be a hand's.
    """
    if not (settings.DEBUG and settings.DEV_DOORS):
        raise ImproperlyConfigured("gaps explain themselves on developers' machines")
    if not AuditSeal.objects.exists():
        return
    _seal()
    found = look(now=clock.now(), place=None).findings
    gaps = sorted((item.where, item.kind) for item in found if item.kind in GAPS)
    for where, group in groupby(gaps, key=lambda gap: gap[0]):
        seal = AuditSeal.objects.get(position=int(where.removeprefix("seal:")))
        explain(seal, kinds={kind for _where, kind in group}, reason=REASON)
    if gaps:
        _seal()


def _seal() -> None:
    note_quiet(now=clock.now())
    while seal_next(now=clock.now()) is not None:
        pass
