"""What an operator runs on the machine: management commands, read as JSON."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from deploy.demo.client import Unexpected
from deploy.local import envfile, paths


def manage_json(*arguments: str) -> Any:
    """Return what ``manage.py … --json`` says; raises Unexpected with its words."""
    done = subprocess.run(
        [str(paths.VENV_PYTHON), "manage.py", *arguments, "--json"],
        cwd=paths.ROOT,
        env=envfile.merged(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words = f"{done.stdout}\n{done.stderr}".strip()
        raise Unexpected(f"manage.py {' '.join(arguments)} failed:\n{words[-3000:]}")
    return json.loads(done.stdout)
