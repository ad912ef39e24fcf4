"""The committed table: which answer each actor gets to each operation.

One row an operation, one column an actor. A cell is one status when it is the same
whatever is asked for, and otherwise ``own/other/deleted``: an object of the actor's own
side, one of other people, one that is no more. ``204=`` is a write that was answered so
and changed nothing. Lines that begin with ``#`` are words.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ACTORS = (
    "anonymous",
    "tenant",
    "other_tenant",
    "landlord",
    "other_landlord",
    "provider",
    "other_manager",
    "suspended",
    "moderator",
)
OBJECTS = ("own", "other", "deleted")
FOLDER = Path(__file__).parent
WIDTH = 50

Row = Mapping[str, tuple[str, ...]]
"""By actor: one status, or one for each of `OBJECTS`."""


def read_table(path: Path = FOLDER / "authorization.txt") -> dict[str, Row]:
    """Return the rows by name; raises ValueError for a line that is no row."""
    rows: dict[str, Row] = {}
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, *cells = line.split()
        if len(cells) != len(ACTORS) or name in rows:
            raise ValueError(f"{path.name}: {line}")
        rows[name] = {
            actor: tuple(cell.split("/"))
            for actor, cell in zip(ACTORS, cells, strict=True)
        }
    return rows


def operations_in(table: Mapping[str, Row]) -> list[str]:
    """Return the rows that are operations as such, not further objects of one."""
    return [name for name in table if ":" not in name and "@" not in name]


def expected(row: Row, actor: str, kind: str) -> str:
    """Return the status that *row* says *actor* gets for an object of *kind*."""
    cell = row[actor]
    return cell[0] if len(cell) == 1 else cell[OBJECTS.index(kind)]


def written(name: str, answers: Mapping[str, Mapping[str, str]]) -> str:
    """Return the line of the table that says *answers* (by actor, then by object)."""
    cells = [_cell(answers[actor]) for actor in ACTORS]
    return " ".join([name.ljust(WIDTH), *(cell.ljust(13) for cell in cells)]).rstrip()


def _cell(answers: Mapping[str, str]) -> str:
    statuses = list(answers.values())
    return statuses[0] if len(set(statuses)) == 1 else "/".join(statuses)


def header() -> str:
    """Return the line that names the columns."""
    names = (actor.ljust(13) for actor in ACTORS)
    return " ".join(["# operation".ljust(WIDTH), *names]).rstrip()


def read_lines(name: str) -> list[tuple[str, ...]]:
    """Return the words of each line of a committed list that is no comment."""
    text = (FOLDER / name).read_text("utf-8")
    return [
        tuple(line.split())
        for line in text.splitlines()
        if line.strip() and not line.startswith("#")
    ]


def read_disclosures() -> dict[str, set[tuple[str, str]]]:
    """Return, by row, which actor's answers may hold which secret of somebody else."""
    found: dict[str, set[tuple[str, str]]] = {}
    for name, actor, *secrets in read_lines("disclosures.txt"):
        found.setdefault(name, set()).update((actor, secret) for secret in secrets)
    return found
