"""Checks the import contracts on a copy of the code with something planted in it.

Run as a program, in a process of its own: import-linter finds packages by importing
them, and this process has the real ones. Reads a JSON list of plants (each a list of
``[path, text]``, appended) from standard input; writes, for each, the ids of the
contracts that break and the modules that it names.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path


def main() -> None:
    """Check each plant in turn; the graph's cache makes all but the first quick."""
    root = Path.cwd()
    sys.path.insert(0, str(root))
    from importlinter import configuration
    from importlinter.application import use_cases

    configuration.configure()
    options = use_cases.read_user_options(str(root / "pyproject.toml"))
    use_cases._register_contract_types(options)
    ids = {item["name"]: item["id"] for item in options.contracts_options}
    answers = []
    for plants in json.load(sys.stdin):
        before = {}
        for name, text in plants:
            path = root / name
            before[path] = path.read_text() if path.exists() else None
            path.write_text((before[path] or "") + text)
        with contextlib.redirect_stdout(io.StringIO()):
            report = use_cases.create_report(options, cache_dir=str(root / "cache"))
        answers.append(
            sorted(
                ids[contract.name]
                for contract, check in report.get_contracts_and_checks()
                if not check.kept
            )
        )
        for path, text in before.items():
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main()
