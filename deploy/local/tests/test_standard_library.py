import subprocess
import sys

from deploy.local import paths


def test_everything_here_starts_before_any_package_is_installed():
    modules = sorted(
        "deploy.local" if path.stem == "__init__" else f"deploy.local.{path.stem}"
        for path in (paths.ROOT / "deploy" / "local").glob("*.py")
        if path.stem != "__main__"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import {', '.join(modules)}"],
        cwd=paths.ROOT,
        env={"PYTHONPATH": str(paths.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
