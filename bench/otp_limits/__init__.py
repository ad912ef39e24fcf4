"""Codes over HTTP: a flood at one number, ten thousand guesses, a flood to one country.

The limits are rows in PostgreSQL: the flood is sent once with Redis up and once with
Redis gone. Every request claims an address of its own, as far as a client can: what the
trusted proxy says is the last entry of X-Forwarded-For, what stands before it is forged.
Controls show that a code is evaluated at all, and that other numbers are served on. Two
attacks are played as they were found: a request that is over, answered without end, shuts
nobody out; and neither the guesses at a reset nor its money tell who has an account.
"""

from __future__ import annotations

import json
import os
import platform as machine
import random
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from bench.figures import Aim, Run
from bench.search import PRODUCTION
from bench.tokens.asking import Answer, Api
from deploy.local import paths
from deploy.local.programs import programs
from deploy.throwaway.database import connect
from deploy.throwaway.platform import Platform, platform

REQUESTS = {"small": 100, "full": 500}
GUESSES = {"small": 500, "full": 10_000}
FORGED = 100
COMPARED = {"small": 20, "full": 100}
PARALLEL = 50
ALLOWED = 3
"""Codes for one number in ten minutes: `limits.PER_PHONE`."""
TOGO_CAP = 15_000 * 70 // 100 // 35
"""What a day's francs buy strangers there: `code_costs.OTHER_CAP` but RESERVED."""
NOBODY = {"small": 20, "full": 200}
"""Resets asked for numbers of nobody."""
DEAD = "redis://127.0.0.1:9/0"

AIMS = (
    Aim("requests_at_once", ">=", 100),
    Aim("requests_at_once", ">=", 500, scales=("full",)),
    Aim("accepted", "==", ALLOWED),
    Aim("sent", "==", ALLOWED),
    Aim("neither_accepted_nor_limited", "==", 0),
    Aim("without_retry_after", "==", 0),
    Aim("accepted_without_redis", "==", ALLOWED),
    Aim("sent_without_redis", "==", ALLOWED),
    Aim("control_other_numbers_served", "==", 1),
    Aim("guesses", ">=", 500),
    Aim("guesses", ">=", 10_000, scales=("full",)),
    Aim("guesses_evaluated", "<=", 5),
    Aim("guesses_failed", "==", 0),
    Aim("right_code_afterwards", "==", 410),
    Aim("control_right_code_at_once", "==", 200),
    Aim("asker_after_the_guesses", "==", 200),
    Aim("different_guess_answers", "==", 0),
    Aim("spent_for_nobody", "==", 0),
    Aim("other_country_sent", "==", TOGO_CAP),
    Aim("other_country_served_afterwards", "==", 0),
    Aim("different_answers", "==", 0),
    Aim("known_over_unknown", "<=", 1.25, scales=("full",)),
    Aim("known_over_unknown", ">=", 0.8, scales=("full",)),
)

SENT = """
SELECT count(*) FROM core_outboxevent e
JOIN accounts_coderequest c ON e.payload->>'request_id' = c.id::text
WHERE e.name = 'accounts.code_requested' AND c.phone = %s
"""
SPENT = "SELECT coalesce(sum(cost), 0) FROM accounts_codespending"
TRIES = "SELECT tries FROM accounts_coderequest WHERE id = %s"


def measure(run: Run) -> None:
    """Start a platform and press on its limits."""
    cores = os.cpu_count()
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    run.say(f"  Python {machine.python_version()}, {cores} cores, load before: {load}")
    extra = {**PRODUCTION, "NUM_PROXIES": "1"}
    with platform(run=("web",), extra=extra, demo=False) as here:
        api = Api(here.addresses.public)
        _flood(run, here, api, "+2290197000001", "")
        _guesses(run, here, api)
        _compared(run, here, api)
        _resets(run, here, api)
        _country(run, here, api)
        _leave_redis(here)
        _flood(
            run, here, Api(here.addresses.public), "+2290197000002", "_without_redis"
        )


def _leave_redis(here: Platform) -> None:
    """Take Redis away: its process, or the address of one that is not ours to stop."""
    if here.redis is not None:
        here.redis.stop()
        return
    here.stop("web")
    here.env["REDIS_URL"] = DEAD
    here.start({program.name: program for program in programs(here.env)}["web"])
    here.wait_ready()


def _at_once(count: int, work: Callable[[int], Answer]) -> list[Answer]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def _from(address: int, *, forged: int = 0) -> dict[str, str]:
    """Return the headers of a client, whose own proxy tells a forged address first."""
    told = f"198.51.{forged // 250}.{forged % 250}"
    real = f"10.{address // 62_500}.{address // 250 % 250}.{address % 250}"
    return {"X_Forwarded_For": f"{told}, {real}", "LokaHome_Device": str(uuid4())}


def _ask(api: Api, phone: str, **headers: str) -> Answer:
    return api.ask("POST", "/auth/otp-requests", {"phone": phone}, **headers)


def _flood(run: Run, here: Platform, api: Api, phone: str, suffix: str) -> None:
    """Ask for one number's code at once, each time from somewhere else."""
    count = REQUESTS[run.scale]
    answers = _at_once(count, lambda index: _ask(api, phone, **_from(index)))
    by_status = Counter(answer.status for answer in answers)
    limited = [answer for answer in answers if answer.status == 429]
    other = _ask(api, f"{phone[:-2]}77", **_from(9))
    run.say(f"  {count} requests for one number at once{suffix.replace('_', ' ')}")
    run.figure(f"accepted{suffix}", by_status[201])
    with connect(here.env["DATABASE_OWNER_URL"]) as database:
        row = database.execute(SENT, [phone]).fetchone()
    run.figure(f"sent{suffix}", int(str(row[0])) if row else -1)
    if not suffix:
        run.figure("requests_at_once", count)
        run.figure(
            "neither_accepted_nor_limited", count - by_status[201] - len(limited)
        )
        honest = (1 <= one.body.get("retry_after_seconds", 0) <= 601 for one in limited)
        run.figure("without_retry_after", len(limited) - sum(honest))
        run.figure("control_other_numbers_served", int(other.status == 201))


def _guesses(run: Run, here: Platform, api: Api) -> None:
    """Guess at one code from forged addresses, then give the right one."""
    told = _inside(here, "--mint", "2")
    guessed, control = told["minted"]
    body = {"request_id": control["id"], "code": control["code"]}
    first = api.ask("POST", "/auth/otp-verifications", body, **_from(1))
    run.figure("control_right_code_at_once", first.status)
    right, count = int(guessed["code"]), GUESSES[run.scale]

    def guess(index: int) -> Answer:
        code = (right + 1 + index % 999_999) % 1_000_000
        body = {"request_id": guessed["id"], "code": f"{code:06d}"}
        # Behind a hundred real addresses too: no limit by address does the work here.
        headers = _from(index % FORGED, forged=index % FORGED)
        return api.ask("POST", "/auth/otp-verifications", body, **headers)

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(guess, range(count)))
    by_status = Counter(answer.status for answer in answers)
    run.say(f"  {count} guesses at one code over {FORGED} addresses: {dict(by_status)}")
    with connect(here.env["DATABASE_OWNER_URL"]) as database:
        row = database.execute(TRIES, [guessed["id"]]).fetchone()
    evaluated = by_status[422]
    run.figure("guesses", count)
    run.figure("guesses_evaluated", max(evaluated, int(str(row[0])) if row else -1))
    run.figure("guesses_limited", by_status[429])
    run.figure("guesses_failed", count - evaluated - by_status[429] - by_status[410])
    body = {"request_id": guessed["id"], "code": guessed["code"]}
    late = api.ask("POST", "/auth/otp-verifications", body, **_from(1))
    run.figure("right_code_afterwards", late.status)
    again = _inside(here, "--mint", "1")["minted"][0]
    body = {"request_id": again["id"], "code": again["code"]}
    asker = api.ask("POST", "/auth/otp-verifications", body, **_from(1))
    run.figure("asker_after_the_guesses", asker.status)


def _compared(run: Run, here: Platform, api: Api) -> None:
    """Ask for numbers that have an account and for others, in turn, and compare."""
    count = COMPARED[run.scale]
    known: list[str] = _inside(here, "--known", str(count))["known"]
    unknown = [f"+2290152{index:06d}" for index in range(count)]
    mixed = [(True, one) for one in known] + [(False, one) for one in unknown]
    random.Random(4).shuffle(mixed)
    spent: dict[bool, list[float]] = {True: [], False: []}
    shapes = set()
    for index, (is_known, phone) in enumerate(mixed):
        answer = _ask(api, phone, **_from(1_000 + index))
        spent[is_known].append(answer.milliseconds)
        lengths = tuple(len(str(value)) for value in answer.body.values())
        shapes.add((answer.status, tuple(answer.body), lengths))
    middle = {key: statistics.median(values) for key, values in spent.items()}
    run.say(f"  {count} known and {count} unknown numbers, in turn")
    run.figure("different_answers", len(shapes) - 1)
    run.figure("known_ms", round(middle[True], 2))
    run.figure("unknown_ms", round(middle[False], 2))
    run.figure("known_over_unknown", round(middle[True] / middle[False], 2))


def _resets(run: Run, here: Platform, api: Api) -> None:
    """Guess at resets of known and unknown numbers; ask for many of nobody."""
    shapes = set()
    for request_id in _inside(here, "--resets", "5")["resets"]:
        body = {
            "request_id": request_id,
            "code": "000000",
            "new_password": "a long one",
        }
        told = [
            api.ask(
                "POST", "/auth/password/reset/confirm", body, **_from(2_000 + index)
            )
            for index in range(6)
        ]
        shapes.add(tuple((one.status, one.body.get("code")) for one in told))
    run.figure("different_guess_answers", len(shapes) - 1)
    before, count = _spent(here), NOBODY[run.scale]
    for index in range(count):
        body = {"phone": f"+2290153{index:06d}"}
        api.ask("POST", "/auth/password/reset", body, **_from(3_000 + index))
    run.say(f"  {count} resets of nobody")
    run.figure("spent_for_nobody", _spent(here) - before)


def _spent(here: Platform) -> int:
    with connect(here.env["DATABASE_OWNER_URL"]) as database:
        row = database.execute(SPENT).fetchone()
    return int(str(row[0])) if row else -1


def _country(run: Run, here: Platform, api: Api) -> None:
    """Ask for more numbers of another country than a day's francs buy, and send them."""
    numbers = _togo(TOGO_CAP + 40)

    def ask(index: int) -> Answer:
        return _ask(api, numbers[index], **_from(5_000 + index))

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(ask, range(len(numbers))))
    run.say(f"  {len(numbers)} numbers of Togo")
    run.figure("other_country_asked", sum(one.status == 201 for one in answers))
    run.figure("other_country_sent", _inside(here, "--send", "+228")["sent"])
    late = [_ask(api, one, **_from(9_000)) for one in _togo(TOGO_CAP + 42)[-2:]]
    run.figure(
        "other_country_served_afterwards", sum(one.status != 429 for one in late)
    )


def _togo(count: int) -> Sequence[str]:
    return [f"+22890{index:06d}" for index in range(100_000, 100_000 + count)]


def _inside(here: Platform, *arguments: str) -> dict[str, Any]:
    target = here.home / "otp.json"
    done = here.keeper.run(
        [
            *(str(paths.VENV_PYTHON), "-m", "bench.otp_limits.numbers"),
            *(*arguments, "--out", str(target)),
        ]
    )
    if done.returncode != 0:
        raise RuntimeError(f"nothing was made:\n{done.stdout[-3000:]}")
    told: dict[str, Any] = json.loads(target.read_text("utf-8"))
    return told
