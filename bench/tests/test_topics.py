"""Every topic at small scale, as `make bench` runs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench.__main__ import topics
from deploy.local import paths

SECONDS = 240


@pytest.mark.parametrize("topic", topics())
def test_the_small_scale_meets_its_aims(topic):
    done = subprocess.run(
        [sys.executable, "-m", "bench", topic, "--scale", "small"],
        cwd=paths.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["topic"] == topic
    assert last["scale"] == "small"
    assert last["misses"] == []
