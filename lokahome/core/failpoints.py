"""Named points where a fault test may kill this very process.

A point does nothing unless ``settings.FAILPOINT_DIR`` is set (development only, held by
system check ``lokahome.E008``) and holds a file of its name. The file is taken away
first, so each arming kills once, however often the process is restarted.
"""

import os
import signal
from pathlib import Path

from django.conf import settings

NAMES: set[str] = set()


def declare(*names: str) -> None:
    """Make *names* known: a test asserts that some scenario reaches each of them."""
    NAMES.update(names)


def failpoint(name: str) -> None:
    """Kill this process with SIGKILL when the point *name* is armed."""
    directory = settings.FAILPOINT_DIR
    if not directory:
        return
    if name not in NAMES:
        raise LookupError(f"failpoint {name} is not declared")
    try:
        (Path(directory) / name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
