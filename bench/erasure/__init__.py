"""A person's copy and erasure on a whole platform, with a canary in every place.

The copy is asked for, packed and fetched over HTTP; the erasure is asked for over HTTP and
carried out by the job. Then every canary is looked for in a text dump of all tables, in
all files, in all keys of Redis and in the logs of every process.
"""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from typing import Any

import httpx

from bench.erasure.searching import Places, look
from bench.figures import Aim, Run
from deploy.local import paths
from deploy.throwaway.platform import Platform, platform

PROCESSES = ("web", "worker", "relay")
SECONDS_TO_PACK = 120
DOCUMENTED = {
    "message": "words written to others are theirs as well",
    "quote_line": "what was offered at what price is a contract's text",
}

AIMS = (
    Aim("canaries", ">=", 30),
    Aim("missing_in_copy", "==", 0),
    Aim("never_planted", "==", 0),
    Aim("left_behind", "==", 0),
    Aim("documented_left", "==", len(DOCUMENTED)),
    Aim("wallet_in_clear", "==", 0),
    Aim("in_logs", "==", 0),
    Aim("in_redis", "==", 0),
    Aim("broken_invariants", "==", 0),
)


def measure(run: Run) -> None:
    """Plant, copy, erase, and look everywhere before and after."""
    with platform(run=PROCESSES, demo=False) as here:
        world = _inside(here, "plant")
        shown, inner = world["shown"], world["inner"]
        documented: dict[str, str] = world["documented"]
        everything = shown | inner | documented
        run.figure("canaries", len(shown))
        client = httpx.Client(
            base_url=f"{here.env['PUBLIC_URL']}/api/v1",
            headers={"Authorization": f"Bearer {world['token']}"},
            timeout=60,
        )
        copy = _copy(client)
        missing = [
            name for name in (shown | documented) if not _in(copy, everything[name])
        ]
        run.figure("missing_in_copy", len(missing))
        before = look(here, everything)
        unseen = [
            name
            for name in everything
            if not before[name].anywhere and name != "document_number"
        ]
        run.figure("never_planted", len(unseen))
        asked = client.post("/me/erasure-requests", headers=_key())
        asked.raise_for_status()
        done = _inside(here, "erase", asked.json()["id"])
        after = look(here, everything)
        _table(run, everything, documented, before, after)
        left = [name for name in shown | inner if after[name].anywhere]
        run.figure("left_behind", len(left))
        kept = [name for name in documented if after[name].tables]
        run.figure("documented_left", len(kept))
        run.figure("wallet_in_clear", len(after["phone"].tables))
        run.figure("in_logs", sum(bool(found.logs) for found in after.values()))
        run.figure("in_redis", sum(bool(found.redis) for found in after.values()))
        run.figure("broken_invariants", done["broken"])
        run.figure("tables_touched", done["tables"])
        run.figure("erasure_seconds", done["seconds"])
        for name in missing:
            run.say(f"  MISSING in the copy: {name}")
        for name in left:
            run.say(f"  LEFT: {name} in {after[name]}")


def _inside(here: Platform, step: str, *arguments: str) -> dict[str, Any]:
    """Run a step inside Django; it answers in a file, for what it prints is a log too."""
    target = here.home / f"{step}.json"
    done = here.keeper.run(
        [
            *(str(paths.VENV_PYTHON), "-m", "bench.erasure.inside"),
            *(step, str(target), *arguments),
        ]
    )
    if done.returncode != 0:
        raise RuntimeError(f"{step} failed:\n{done.stdout[-3000:]}")
    answer: dict[str, Any] = json.loads(target.read_text("utf-8"))
    return answer


def _copy(client: httpx.Client) -> bytes:
    """Ask for the copy, wait, fetch it; return all of its entries in one."""
    answer = client.post("/me/data-exports", headers=_key())
    answer.raise_for_status()
    here = f"/me/data-exports/{answer.json()['id']}"
    until = time.monotonic() + SECONDS_TO_PACK
    while client.get(here).json()["status"] != "ready":
        if time.monotonic() > until:
            raise RuntimeError("the copy was never packed")
        time.sleep(0.5)
    link = client.post(f"{here}/link").json()["url"]
    content = client.get(link)
    content.raise_for_status()
    with zipfile.ZipFile(io.BytesIO(content.content)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


def _in(copy: bytes, canary: str) -> bool:
    return canary.encode() in copy


def _key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}


def _table(
    run: Run,
    everything: dict[str, str],
    documented: dict[str, str],
    before: dict[str, Places],
    after: dict[str, Places],
) -> None:
    run.say(f"\n  {'canary':<18}{'before':<44}after")
    for name in everything:
        told = str(after[name]) or "nowhere"
        if name in documented and after[name].anywhere:
            told += f" (documented: {DOCUMENTED.get(name, '')})"
        run.say(f"  {name:<18}{str(before[name]) or 'encrypted':<44}{told}")
