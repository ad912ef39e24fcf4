"""What can be made to go wrong: by a rule for the next messages, or by the number.

Rules are kept in memory: a restarted simulator behaves.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

CALL_FAULTS = {
    "error_before": "répond 500 sans rien traiter",
    "error_after": "traite, puis répond 500",
    "drop_before": "coupe la connexion sans rien traiter",
    "drop_after": "traite, puis coupe la connexion",
    "busy": "répond 429 sans rien traiter",
    "html": "répond 200 avec une page HTML sans rien traiter",
}
REPORT_FAULTS = {
    "never": "n’annonce jamais la remise",
    "twice": "annonce chaque état deux fois",
    "reordered": "annonce les états dans le désordre",
    "late": "annonce en retard",
    "forged": "envoie d’abord une fausse annonce",
    "undelivered": "ne remet pas le message (30003)",
}
NUMBERS = {
    "000211": "numéro refusé (21211)",
    "000610": "a répondu STOP (21610)",
    "000303": "jamais remis (30003)",
    "000304": "remise jamais annoncée",
}
"""Last six digits -> what happens. Six, so that no random number meets one."""


class BadFault(ValueError):
    """A fault or a number that does not exist."""


@dataclass(slots=True)
class Fault:
    """One rule. `count` uses are left; 0 means until it is removed."""

    kind: str
    to: str | None = None
    count: int = 1
    seconds: float = 30.0
    uses: int = 0


@dataclass(slots=True)
class Faults:
    """The rules in force."""

    rules: list[Fault] = field(default_factory=list)

    def add(self, spec: dict[str, Any]) -> None:
        """Add ``{"fault", "to"?, "count"?, "seconds"?}``. Raises `BadFault`."""
        try:
            rule = Fault(
                kind=str(spec["fault"]),
                to=str(spec.get("to") or "").strip() or None,
                count=int(spec.get("count", 1)),
                seconds=float(spec.get("seconds", 30.0)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadFault(f"fault refused: {error!r}") from error
        if rule.kind not in {**CALL_FAULTS, **REPORT_FAULTS}:
            raise BadFault(f"unknown name {rule.kind!r}")
        self.rules.append(rule)

    def for_call(self, to: str) -> str:
        """Return and use up the fault of a call about *to*, or an empty text."""
        for rule in self.rules:
            if rule.kind in CALL_FAULTS and rule.to in (None, to):
                return self._use(rule).kind
        return ""

    def for_reports(self, to: str) -> dict[str, float]:
        """Return the faults of the reports of one new message, with their seconds."""
        found: dict[str, float] = {}
        for rule in list(self.rules):
            if rule.kind in REPORT_FAULTS and rule.to in (None, to):
                found[rule.kind] = self._use(rule).seconds
        if to.endswith("000303"):
            found["undelivered"] = 0
        if to.endswith("000304"):
            found["never"] = 0
        return found

    def listed(self) -> dict[str, Any]:
        """Return the state for the control interface."""
        return {
            "rules": [asdict(rule) for rule in self.rules],
            "known": {**CALL_FAULTS, **REPORT_FAULTS},
            "numbers": NUMBERS,
        }

    def _use(self, rule: Fault) -> Fault:
        rule.uses += 1
        if rule.count and rule.uses >= rule.count:
            self.rules.remove(rule)
        return rule
