import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from deploy.local import paths

SCRIPT = """
import sys
from deploy.local import paths, supervise
from deploy.local.programs import Program
from pathlib import Path
paths.LOG = paths.RUN = Path(sys.argv[1])
paths.DIGEST = sys.argv[2]
sleeper = "import sys,time,subprocess; {grandchild}; print('up'); time.sleep(60)"
Path(sys.argv[1], "sleeper.py").write_text(sleeper)
command = (sys.executable, str(Path(sys.argv[1], "sleeper.py")))
programs = [Program("one", command, says="up", forked=sys.argv[3] == "forked")]
supervise.Supervisor(programs, {{}}).run(lambda: print("ALL READY", flush=True))
"""
GRANDCHILD = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"


@pytest.fixture(params=["forked", "started"])
def supervisor(request, tmp_path):
    digest = f"test-{os.getpid()}-{tmp_path.name}"
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(SCRIPT.format(grandchild=GRANDCHILD)),
            str(tmp_path),
            digest,
            request.param,
        ],
        cwd=paths.ROOT,
        env={**os.environ, "LOKAHOME_RUN": digest},
        stdout=subprocess.PIPE,
        text=True,
    )
    process.digest = digest
    for line in process.stdout:
        if "ALL READY" in line:
            break
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def alive(digest):
    mark = f"LOKAHOME_RUN={digest}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_until(condition, seconds=8):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


def pid_of(tmp_path):
    try:
        return int((tmp_path / "one.pid").read_text())
    except (OSError, ValueError):
        return None


def test_a_killed_process_is_back_within_a_second(supervisor, tmp_path):
    first = pid_of(tmp_path)
    group_before = set(alive(supervisor.digest)) - {supervisor.pid}
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: pid_of(tmp_path) not in (None, first), 1.5)
    # its own child did not outlive it
    assert wait_until(lambda: not group_before & set(alive(supervisor.digest)))


def test_an_orderly_stop_leaves_nothing_behind(supervisor):
    assert alive(supervisor.digest)
    supervisor.terminate()
    assert supervisor.wait(10) == 0
    assert alive(supervisor.digest) == []


def test_processes_end_with_a_supervisor_that_is_killed(supervisor, tmp_path):
    child = pid_of(tmp_path)
    supervisor.kill()
    assert wait_until(lambda: child not in alive(supervisor.digest))
