"""The tables of docs/privacy.md, as the register says them; a test holds the page to it."""

from __future__ import annotations

from lokahome.core.privacy.holdings import EVERYTHING, holdings
from lokahome.core.privacy.retention import retentions


def retention_table() -> str:
    """Return one line a rule: what, how long, why, by which job."""
    lines = ["| rule | what | kept | why | job |", "|---|---|---|---|---|"]
    lines += [
        f"| `{rule.name}` | {rule.what} | {_days(rule.kept.days)} | {rule.why}"
        f" | `{rule.job}` |"
        for rule in retentions()
    ]
    return "\n".join(lines)


def kept_table() -> str:
    """Return one line a table of which rows stay: what is emptied, what stays, why."""
    rows: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for item in holdings():
        if item.kept:
            emptied, kept = rows.setdefault((item.model, item.kept), (set(), set()))
            emptied |= set(item.emptied)
            kept |= set(item.keeps)
    lines = ["| table | emptied | words that stay | why |", "|---|---|---|---|"]
    lines += [
        f"| `{model}` | {_columns(emptied)} | {_columns(kept)} | {why} |"
        for (model, why), (emptied, kept) in sorted(rows.items())
    ]
    return "\n".join(lines)


def _columns(names: set[str]) -> str:
    if EVERYTHING in names:
        return "all"
    return ", ".join(f"`{name}`" for name in sorted(names)) or "—"


def _days(days: int) -> str:
    return f"{days} days" if days else "—"
