"""Tokens over HTTP: twenty phones that refresh at once, a thief, forgeries, a log-in.

Each session must stay one line: one successor however many ask at the same moment, and
none for a copy that comes after the grace, whose session ends for everybody. A control
shows that within the grace the same copy is served. Log-in is given as a ratio to the
one hash that it has to cost, measured on the same machine in the same minute.
"""

from __future__ import annotations

import json
import os
import platform as machine
import statistics
import time
from typing import Any, cast

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as open_socket

from bench.figures import Aim, Run, percentile
from bench.search import PRODUCTION
from bench.tokens.asking import Answer, Api, Crowd
from deploy.local import paths
from deploy.throwaway.database import connect
from deploy.throwaway.platform import Platform, platform

PARALLEL = 20
ROUNDS = {"small": 20, "full": 100}
THEFTS = {"small": 5, "full": 20}
SOCKETS = {"small": 2, "full": 10}
LOGINS = {"small": 15, "full": 60}
GRACE_SECONDS = 60

AIMS = (
    Aim("families", ">=", 20),
    Aim("families", ">=", 100, scales=("full",)),
    Aim("branched_families", "==", 0),
    Aim("refused_refreshes", "==", 0),
    Aim("most_successors", "==", 1),
    Aim("control_served_within_grace", ">=", 1),
    Aim("thefts_not_noticed", "==", 0),
    Aim("revoked_after_ms", "<=", 1_000.0),
    Aim("forgeries", "==", 24),
    Aim("forgeries_taken", "==", 0),
    Aim("socket_ended_after_s", "<=", 5.0),
    Aim("login_per_hash", "<=", 3.0, scales=("full",)),
)

COUNT = """
SELECT count(*), count(*) FILTER (WHERE used_at IS NULL)
FROM accounts_refreshtoken WHERE session_id = %s
"""
AGE = """
UPDATE accounts_refreshtoken SET used_at = used_at - make_interval(secs => %s)
WHERE session_id = %s AND used_at IS NOT NULL
"""


def measure(run: Run) -> None:
    """Start a platform, make people, and ask."""
    cores = os.cpu_count()
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    run.say(f"  Python {machine.python_version()}, {cores} cores, load before: {load}")
    extra = {**PRODUCTION, "NUM_PROXIES": "1"}
    with platform(run=("web", "realtime"), extra=extra, demo=False) as here:
        told = _people(run, here)
        api = Api(here.addresses.public)
        families = told["families"]
        thefts, sockets = THEFTS[run.scale], SOCKETS[run.scale]
        _crowds(run, here, api, families[thefts + sockets :])
        _thefts(run, here, api, families[:thefts])
        _sockets(run, api, families[thefts : thefts + sockets])
        _forgeries(run, api, told["forged"])
        _logins(run, api, told)


def _people(run: Run, here: Platform) -> dict[str, Any]:
    target = here.home / "tokens.json"
    count = ROUNDS[run.scale] + THEFTS[run.scale] + SOCKETS[run.scale]
    done = here.keeper.run(
        [
            *(str(paths.VENV_PYTHON), "-m", "bench.tokens.people"),
            *("--families", str(count), "--logins", str(LOGINS[run.scale])),
            *("--out", str(target)),
        ]
    )
    if done.returncode != 0:
        raise RuntimeError(f"nobody came:\n{done.stdout[-3000:]}")
    return cast("dict[str, Any]", json.loads(target.read_text("utf-8")))


def _crowds(run: Run, here: Platform, api: Api, families: list[dict[str, str]]) -> None:
    crowd = Crowd(api, PARALLEL)
    answers: list[Answer] = []
    branched, successors = 0, []
    with connect(here.env["DATABASE_OWNER_URL"]) as database:
        for family in families:
            given = crowd.refresh(family)
            answers += given
            texts = {answer.body.get("refresh") for answer in given}
            successors.append(len(texts))
            row = database.execute(COUNT, [family["session_id"]]).fetchone()
            branched += row != (2, 1)
    crowd.leave()
    spent = [answer.milliseconds for answer in answers]
    run.say(f"\n  {PARALLEL} refreshes of one token at once, {len(families)} times")
    run.figure("families", len(families))
    run.figure("refreshes", len(answers))
    run.figure("refused_refreshes", sum(one.status != 200 for one in answers))
    run.figure("most_successors", max(successors))
    run.figure("branched_families", branched)
    run.figure("refresh_p50_ms", round(percentile(spent, 0.50), 1))
    run.figure("refresh_p99_ms", round(percentile(spent, 0.99), 1))


def _thefts(run: Run, here: Platform, api: Api, families: list[dict[str, str]]) -> None:
    """Use a token, use it again in the grace, and once more after it."""
    served, missed, after = 0, 0, []
    with connect(here.env["DATABASE_OWNER_URL"]) as database:
        for family in families:
            first = api.refresh(family)
            served += api.refresh(family).body == first.body
            database.execute(AGE, [GRACE_SECONDS + 1, family["session_id"]])
            begin = time.perf_counter()
            copied = api.refresh(family)
            missed += copied.status != 401
            while api.me(first.body["access"]).status == 200:
                if time.perf_counter() - begin > 10:
                    missed += 1
                    break
            after.append((time.perf_counter() - begin) * 1000)
            heir = {**family, "refresh": first.body["refresh"]}
            missed += api.refresh(heir).status != 401
    run.say(f"  {len(families)} copies shown after the grace")
    run.figure("control_served_within_grace", served)
    run.figure("thefts_not_noticed", missed)
    run.figure("revoked_after_ms", round(max(after), 1))


def _sockets(run: Run, api: Api, families: list[dict[str, str]]) -> None:
    """End sessions whose sockets are open, and wait for these to close."""
    after = []
    for family in families:
        bearer = {"Authorization": f"Bearer {family['access']}"}
        ticket = api.ask(
            "POST", "/realtime/tickets", {"device_id": family["device"]}, **bearer
        ).body
        with open_socket(ticket["socket_url"], compression=None, proxy=None) as socket:
            socket.send(json.dumps({"type": "hello", "ticket": ticket["ticket"]}))
            while json.loads(socket.recv(10))["type"] != "live":
                pass
            begin = time.perf_counter()
            api.ask("POST", "/auth/logout", {}, **bearer)
            try:
                while True:
                    socket.recv(30)
            except ConnectionClosed:
                after.append(time.perf_counter() - begin)
    run.say(f"  {len(families)} sockets of sessions that were ended")
    run.figure("socket_ended_after_s", round(max(after), 2))


def _forgeries(run: Run, api: Api, forged: list[dict[str, str]]) -> None:
    taken = []
    for item in forged:
        if item["kind"] == "access":
            answer = api.me(item["token"])
        else:
            answer = api.ask("POST", "/auth/token/refresh", {"refresh": item["token"]})
        if answer.status != 401:
            taken.append(f"{item['kind']}: {item['name']} ({answer.status})")
    for line in taken:
        run.say(f"  TAKEN: {line}")
    run.figure("forgeries", len(forged))
    run.figure("forgeries_taken", len(taken))


def _logins(run: Run, api: Api, told: dict[str, Any]) -> None:
    """Log in one after the other; each from an address of its own, as people are."""
    spent = []
    for number, username in enumerate(told["logins"]):
        answer = api.ask(
            "POST",
            "/auth/login",
            {"username": username, "password": told["password"]},
            X_Forwarded_For=f"198.51.100.{number % 250}",
        )
        if answer.status != 200:
            raise RuntimeError(f"a log-in failed: {answer.status} {answer.body}")
        spent.append(answer.milliseconds)
    login, of_hash = statistics.median(spent), float(told["hash_ms"])
    run.say(f"  {len(spent)} log-ins, one after the other")
    run.figure("hash_ms", round(of_hash, 1))
    run.figure("login_ms", round(login, 1))
    run.figure("login_per_hash", round(login / of_hash, 2))
