"""The legal mark of each entry cost line, from a versioned table of rules.

Rules are data (`properties/data/rules/benin.json`): a changed law is a new row, and each
line keeps the version that marked it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from properties.models import EntryCost

TABLE = Path(__file__).resolve().parent.parent / "data" / "rules" / "benin.json"
Kind = EntryCost.Kind
Mark = EntryCost.LegalMark


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line as its owner states it; *amount* in the listing's currency."""

    kind: str
    amount: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line with its mark, and the rule and version that gave it."""

    line: CostLine
    mark: str
    rule_id: str
    rules_version: str


@cache
def rule_table() -> dict[str, Any]:
    """Return the table of rules."""
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def rule_for(cost: str) -> dict[str, Any]:
    """Return the rule of a kind of cost, or an empty one."""
    for rule in rule_table()["rules"]:
        if rule["cost"] == cost:
            found: dict[str, Any] = rule
            return found
    return {}


def deposit_cap(rent: int) -> int:
    """Return the highest deposit for a monthly *rent* (rule BJ-DEP-MAX)."""
    return int(rule_for(Kind.DEPOSIT)["parameter"]) * rent


def management_cap() -> int:
    """Return the highest fee of a mandate, in basis points of the rent (BJ-FEE-MGMT)."""
    return int(rule_for("management")["parameter"])


def mark_lines(*, rent: int, lines: Sequence[CostLine]) -> list[MarkedLine]:
    """Return *lines* with their marks, for a monthly *rent* in the same currency."""
    deposit = sum(line.amount for line in lines if line.kind == Kind.DEPOSIT)
    return [
        MarkedLine(
            line=line,
            mark=_mark(line, rent, deposit),
            rule_id=str(rule_for(line.kind).get("id", "")),
            rules_version=str(rule_table()["version"]),
        )
        for line in lines
    ]


def _mark(line: CostLine, rent: int, deposit: int) -> str:
    rule = rule_for(line.kind)
    match line.kind:
        case Kind.DEPOSIT:
            return Mark.LEGAL if line.amount <= deposit_cap(rent) else Mark.ABOVE_CAP
        case Kind.PREPAID_RENT:
            # Read from the press, not from a statute: shown, never called illegal.
            within = line.amount + deposit <= int(rule["parameter"]) * rent
            return Mark.LEGAL if within else Mark.NEGOTIABLE
        case Kind.COMMISSION:
            within = line.amount * 100 <= int(rule["parameter"]) * rent
            return Mark.LEGAL if within else Mark.ABOVE_CAP
    return Mark.NEGOTIABLE


def entry_total(*, rent: int, lines: Sequence[CostLine]) -> int:
    """Return what entering costs: the lines, and the first rent unless it is prepaid."""
    prepaid = any(line.kind == Kind.PREPAID_RENT for line in lines)
    return sum(line.amount for line in lines) + (0 if prepaid else rent)
