"""The committed table: which answer each actor gets to each operation.

One row an operation, one column an actor. A cell is one status when it is the same
whatever is asked for, and otherwise ``own/other/deleted``: an object of the actor's own
side, one of other people, one that is no more. ``204=`` is a write that was answered so
and changed nothing. Lines that begin with ``#`` are words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
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
MEMBERS = (
    "owner",
    "manager",
    "bare_manager",
    "agent",
    "accountant",
    "viewer",
    "removed",
    "bare_removed",
    "restricted",
    "rival",
)
FOLDER = Path(__file__).parent
WIDTH = 50


@dataclass(frozen=True)
class Form:
    """One committed table: its file, its columns, and about which objects they ask.

    *strange* is the kind of object that has to be like one that is not there.
    """

    file: str
    actors: tuple[str, ...]
    objects: tuple[str, ...]
    strange: str


MATRIX = Form("authorization.txt", ACTORS, OBJECTS, "other")
AGENCIES = Form("agencies.txt", MEMBERS, ("own", "rival", "deleted"), "rival")
"""Who is in an agency, or was, or works at the same homes for another one."""

Row = Mapping[str, tuple[str, ...]]
"""By actor: one status, or one for each of the table's objects."""


def read_table(form: Form = MATRIX) -> dict[str, Row]:
    """Return the rows by name; raises ValueError for a line that is no row."""
    rows: dict[str, Row] = {}
    for line in (FOLDER / form.file).read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, *cells = line.split()
        if len(cells) != len(form.actors) or name in rows:
            raise ValueError(f"{form.file}: {line}")
        rows[name] = {
            actor: tuple(cell.split("/"))
            for actor, cell in zip(form.actors, cells, strict=True)
        }
    return rows


def operations_in(table: Mapping[str, Row]) -> list[str]:
    """Return the rows that are operations as such, not further objects of one."""
    return [name for name in table if ":" not in name and "@" not in name]


def expected(row: Row, actor: str, kind: str, form: Form = MATRIX) -> str:
    """Return the status that *row* says *actor* gets for an object of *kind*."""
    cell = row[actor]
    return cell[0] if len(cell) == 1 else cell[form.objects.index(kind)]


def written(
    name: str, answers: Mapping[str, Mapping[str, str]], form: Form = MATRIX
) -> str:
    """Return the line of the table that says *answers* (by actor, then by object)."""
    cells = [_cell(answers[actor]) for actor in form.actors]
    return " ".join([name.ljust(WIDTH), *(cell.ljust(13) for cell in cells)]).rstrip()


def _cell(answers: Mapping[str, str]) -> str:
    statuses = list(answers.values())
    return statuses[0] if len(set(statuses)) == 1 else "/".join(statuses)


def header(form: Form = MATRIX) -> str:
    """Return the line that names the columns."""
    names = (actor.ljust(13) for actor in form.actors)
    return " ".join(["# operation".ljust(WIDTH), *names]).rstrip()


def read_lines(name: str) -> list[tuple[str, ...]]:
    """Return the words of each line of a committed list, without its comments."""
    text = (FOLDER / name).read_text("utf-8")
    return [
        tuple(line.partition("#")[0].split())
        for line in text.splitlines()
        if line.strip() and not line.startswith("#")
    ]


def read_disclosures(
    actors: Collection[str] = ACTORS,
) -> dict[str, set[tuple[str, str]]]:
    """Return, by row, which of *actors* may be told which secret of somebody else."""
    found: dict[str, set[tuple[str, str]]] = {}
    for name, actor, *secrets in read_lines("disclosures.txt"):
        if actor in actors:
            found.setdefault(name, set()).update((actor, secret) for secret in secrets)
    return found


def disclosures_without_a_reason() -> list[str]:
    """Return the lines that tell of an agency and do not say why."""
    text = (FOLDER / "disclosures.txt").read_text("utf-8")
    return [
        line
        for line in text.splitlines()
        if re.search(r"\bagency\.", line.partition("#")[0])
        and not line.partition("#")[2].strip()
    ]
