"""docs/notifications.md prints the plan as the code has it."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from messaging.services.plan import EMAIL, PLANS, SMS

PAGE = Path(settings.BASE_DIR) / "docs" / "notifications.md"


def plan_table() -> str:
    """Return the plan as a table."""
    lines = ["| fact | topic | SMS | e-mail | at night |", "|---|---|---|---|---|"]
    for name, plan in PLANS.items():
        marks = ["yes" if item in plan.channels else "" for item in (SMS, EMAIL)]
        night = "" if not plan.channels else "sent" if plan.is_urgent else "held"
        lines.append(
            f"| `{name}` | {plan.topic.value} | {' | '.join(marks)} | {night} |"
        )
    return "\n".join(lines)


def test_the_page_prints_the_plan_as_it_is():
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"<!-- plan -->\n(.*?)\n?<!-- end -->", text, re.DOTALL)
    assert found
    assert found[1].strip() == plan_table(), plan_table()
