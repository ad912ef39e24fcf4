"""Who should pay for a repair, from a versioned table of rules: a suggestion only.

Rules are data (`properties/data/rules/repairs.json`) and say where they were read. The
landlord decides and the tenant may contest; nothing here is held against anybody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parent.parent / "data" / "rules" / "repairs.json"


@dataclass(frozen=True, slots=True)
class RepairRule:
    """What a rule suggests, and how sure its source is."""

    payer: str
    rule_id: str
    law: str
    article: str
    confidence: str


@cache
def _rules() -> list[dict[str, Any]]:
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    rules: list[dict[str, Any]] = table["rules"]
    return rules


def suggest_payer(*, category_slug: str, urgency: str) -> RepairRule | None:
    """Return the first rule that speaks of the category or the urgency, or None."""
    for rule in _rules():
        if category_slug in rule["categories"] or urgency in rule["urgencies"]:
            return RepairRule(
                payer=rule["payer"],
                rule_id=rule["id"],
                law=rule["law"],
                article=rule["article"],
                confidence=rule["confidence"],
            )
    return None
