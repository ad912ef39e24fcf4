"""Parts of a long run that are done, kept so that a stopped run goes on from there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from deploy.local import paths

FOLDER = paths.VAR / "bench"


class State:
    """Results by part, in one file a topic and scale, for one commit of the code.

    With *file* None nothing is kept (small scale).
    """

    def __init__(self, file: Path | None, *, commit: str = "") -> None:
        self._file = file
        self._commit = commit
        self._parts: dict[str, Any] = {}
        if file is not None and file.exists():
            kept = json.loads(file.read_text("utf-8"))
            if kept["commit"] == commit:
                self._parts = kept["parts"]

    def get(self, part: str) -> Any:
        """Return what an earlier run found for *part*, or None."""
        return self._parts.get(part)

    def put(self, part: str, result: Any) -> None:
        """Keep the *result* (JSON) of a part that is done."""
        self._parts[part] = result
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps({"commit": self._commit, "parts": self._parts}))
        draft.replace(self._file)

    def forget(self) -> None:
        """Remove the file: the run is complete."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def state_of(topic: str, scale: str, *, fresh: bool = False) -> State:
    """Return the state of a run; only full runs are resumed, unless *fresh*."""
    if scale != "full":
        return State(None)
    file = FOLDER / f"{topic}-{scale}.json"
    if fresh:
        file.unlink(missing_ok=True)
    return State(file, commit=_commit())


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
