"""The tests' translations: compiled when the catalogues are newer, as `prepare` does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from django.conf import settings
from django.utils.translation.reloader import translation_file_changed


def compile_stale() -> None:
    """Compile each catalogue that changed; several processes may do so at once.

    A compiled file appears whole or not at all. What this process has read is forgotten.
    """
    sources = (
        source
        for directory in settings.LOCALE_PATHS
        for source in Path(directory).glob("*/LC_MESSAGES/*.po")
    )
    for source in sources:
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        fresh = compiled.with_suffix(f".{os.getpid()}.mo")
        subprocess.run(
            ["msgfmt", "--check-format", "-o", str(fresh), str(source)], check=True
        )
        fresh.replace(compiled)
    # Also when another process compiled them: ours may have read before it was done.
    translation_file_changed(sender=None, file_path=Path("django.mo"))
