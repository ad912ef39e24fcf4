"""SQL of the triggers that hold a table's rows to the steps of its state machine."""

from __future__ import annotations

from collections.abc import Sequence

from lokahome.core.states import StateMachine


def steps_sql(
    machine: StateMachine,
    *,
    table: str,
    first: str,
    terms: Sequence[str],
    once: Sequence[tuple[str, Sequence[str]]] = (),
) -> str:
    """Return SQL of the trigger that refuses every step outside *machine*.

    A row begins as *first*; its *terms* never change. Each of *once* is (SQL condition
    on OLD, columns that do not change any more while it holds). A migration runs the
    text again whenever the machine changes; a test compares the database with it.
    """
    name = steps_trigger(table)
    pairs = sorted({(item.source, item.target) for item in machine.edges})
    listed = ",\n      ".join(f"('{source}', '{target}')" for source, target in pairs)
    rules = "".join(
        _fixed(columns, condition, machine.noun)
        for condition, columns in (("true", terms), *once)
    )
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> '{first}' THEN
      RAISE EXCEPTION '{machine.noun}: a row begins as {first}'
        USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
      {listed}
  ) THEN
    RAISE EXCEPTION 'no step from % to %', OLD.status, NEW.status
      USING ERRCODE = '23514';
  END IF;{rules}
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS {name} ON {table};
CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table}
  FOR EACH ROW EXECUTE FUNCTION {name}();
"""


def drop_steps_sql(table: str) -> str:
    """Return SQL that takes the trigger of `steps_sql` away."""
    name = steps_trigger(table)
    return f"""
DROP TRIGGER IF EXISTS {name} ON {table};
DROP FUNCTION IF EXISTS {name}();
"""


def steps_trigger(table: str) -> str:
    """Return the name of the trigger, and of its function, on *table*."""
    return f"{table}_steps"


def _fixed(columns: Sequence[str], condition: str, noun: str) -> str:
    old, new = (
        ", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW")
    )
    return f"""
  IF {condition} AND
     ROW({old})
     IS DISTINCT FROM
     ROW({new})
  THEN
    RAISE EXCEPTION '{noun}: what was agreed or done does not change'
      USING ERRCODE = '23514';
  END IF;"""
