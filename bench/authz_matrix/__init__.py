"""Every operation of the API, asked by nine people about what is theirs and what is not.

The operations come from the OpenAPI document, the expected answers from the committed
table; the tests of `lokahome/tests/security` do the same a row at a time. Small runs ask
one row in ten.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from bench.figures import Aim, Run

ONE_IN = {"small": 10, "full": 1}

AIMS = (
    Aim("leaks", "==", 0),
    Aim("operations_without_a_row", "==", 0),
    Aim("rows_without_an_operation", "==", 0),
    Aim("secrets_told_beyond_the_list", "==", 0),
    Aim("operations", ">=", 180),
    Aim("answers_judged", ">=", 300, scales=("small",)),
    Aim("answers_judged", ">=", 4000, scales=("full",)),
)


def measure(run: Run) -> None:
    """Make a database and a world in it, ask, and count what is wrong."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lokahome.settings")
    django.setup()
    with _empty_database():
        _ask(run)


def _ask(run: Run) -> None:
    # Models can be imported once Django is set up, and no earlier.
    from lokahome.tests.security.asking import Asker, row_named
    from lokahome.tests.security.checking import ask_all, gaps
    from lokahome.tests.security.operations import operations
    from lokahome.tests.security.table import read_disclosures, read_table
    from lokahome.tests.security.watching import undone
    from lokahome.tests.security.world import build_world

    table, disclosed = read_table(), read_disclosures()
    missing, stale = gaps(table)
    names = [name for name in table if name not in stale][:: ONE_IN[run.scale]]
    leaks = told = answers = 0
    with undone():
        asker = Asker(build_world())
        for name in names:
            found = ask_all(asker, row_named(name), table[name])
            beyond = found.told - disclosed.get(name, set())
            for text in [*found.faults, *map(str, beyond)]:
                run.say(f"  LEAK: {text}")
            leaks += len(found.faults)
            told += len(beyond)
            answers += sum(len(cells) for cells in found.answers.values())
    run.figure("operations", len(operations()))
    run.figure("rows", len(table))
    run.figure("rows_asked", len(names))
    run.figure("answers_judged", answers)
    run.figure("requests", asker.asked)
    run.figure("leaks", leaks)
    run.figure("secrets_told_beyond_the_list", told)
    run.figure("operations_without_a_row", len(missing))
    run.figure("rows_without_an_operation", len(stale))


@contextlib.contextmanager
def _empty_database() -> Iterator[None]:
    """Let Django use a database that is new and is dropped afterwards."""
    from django.test.utils import setup_test_environment, teardown_test_environment

    from lokahome.tests import databases
    from lokahome.tests.security.surroundings import surroundings

    setup_test_environment()
    real = databases.create(keep=False, suffix=databases.own_suffix(), verbosity=0)
    try:
        with surroundings():
            yield
    finally:
        databases.destroy(real, keep=False)
        teardown_test_environment()
