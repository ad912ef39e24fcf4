"""What happens in a run: calm talk, talk while things break, talk as fast as it goes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.chat.checking import logs
from bench.chat.phones import Phone
from bench.chat.servers import cpu_seconds, restart_redis
from bench.figures import Run, percentile
from deploy.throwaway.platform import Platform

AT_ONCE = 20
"""Phones that connect at the same time."""
_ANSWER_SECONDS = 30.0
_SETTLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Phase:
    """*rate*: messages of one phone a second, 0 for the next one at each ack.

    One person may write sixty messages a minute: *most* keeps the phases together
    below that.
    """

    name: str
    seconds: float
    rate: float
    most: int
    breaks: bool = False


PHASES = {
    "small": (
        Phase("calm", 6.0, 0.5, 4),
        Phase("breaking", 8.0, 0.5, 6, breaks=True),
        Phase("flat out", 8.0, 0.0, 45),
    ),
    "full": (
        Phase("calm", 20.0, 0.3, 7),
        Phase("breaking", 20.0, 0.3, 7, breaks=True),
        Phase("flat out", 30.0, 0.0, 40),
    ),
}
CONTROL = (Phase("control", 3.0, 1.0, 4),)


@dataclass(frozen=True, slots=True)
class Result:
    """Milliseconds from the send to the ack, and to the other phone."""

    name: str
    acked_per_second: float
    delivered_per_second: float
    ack_p50: float
    ack_p99: float
    delivery_p50: float
    delivery_p99: float
    delivery_max: float

    def figures(self) -> Iterator[tuple[str, float]]:
        """Yield the figures by the names under which they are recorded."""
        name = self.name.replace(" ", "_")
        yield f"{name}_stored_per_second", round(self.acked_per_second)
        yield f"{name}_delivered_per_second", round(self.delivered_per_second)
        yield f"{name}_ack_p50_ms", round(self.ack_p50, 1)
        yield f"{name}_ack_p99_ms", round(self.ack_p99, 1)
        yield f"{name}_delivery_p50_ms", round(self.delivery_p50, 1)
        yield f"{name}_delivery_p99_ms", round(self.delivery_p99, 1)


async def run_phases(
    run: Run, here: Platform, phones: Sequence[Phone], phases: Sequence[Phase]
) -> list[Result]:
    """Bring the phones online, go through *phases*, and wait until nothing is due."""
    begin = time.monotonic()
    gate = asyncio.Semaphore(AT_ONCE)

    async def start(phone: Phone) -> None:
        async with gate:
            await phone.start()

    await asyncio.gather(*map(start, phones))
    took = time.monotonic() - begin
    run.say(f"  {len(phones)} sockets live after {took:.1f} s")
    results, restarts = [], 0
    before = cpu_seconds(here)
    for phase in phases:
        since = time.monotonic()
        hurting = asyncio.create_task(_hurt(here, phones, phase))
        talked = [asyncio.create_task(_talk(phone, phase)) for phone in phones]
        await asyncio.wait(talked, timeout=phase.seconds + _ANSWER_SECONDS)
        for one in talked:  # who still waits for an answer counts as unanswered
            one.cancel()
        await asyncio.gather(*talked, return_exceptions=True)
        lasted = time.monotonic() - since
        restarts += await hurting
        if phase.name != "control":
            await _settle(here, phones)
        results.append(_result(phase, phones, since, lasted))
    if phases[0].name != "control":
        run.figure("sockets", len(phones))
        run.figure("connects_per_second", round(len(phones) / took))
        run.figure("redis_restarts", restarts)
        again = sum(phone.notes.connects - 1 for phone in phones)
        run.figure("reconnects", again)
        run.figure("resets", sum(phone.notes.resets for phone in phones))
        run.figure("nacks", sum(len(phone.notes.nacks) for phone in phones))
        unanswered = sum(
            len(phone.notes.sent) - len(phone.notes.acked) for phone in phones
        )
        run.figure("unanswered", unanswered)
        # Unlike the times, nearly the same however busy the machine is.
        used = cpu_seconds(here) - before
        acked = sum(len(phone.notes.acked) for phone in phones)
        run.figure("server_cpu_ms_per_message", round(used * 1000 / max(1, acked), 1))
    return results


async def _talk(phone: Phone, phase: Phase) -> None:
    until = time.monotonic() + phase.seconds
    gap = 1 / phase.rate if phase.rate else 0.0
    await asyncio.sleep(random.uniform(0, gap))
    for number in range(phase.most):
        began = time.monotonic()
        if began >= until:
            return
        await phone.say(f"Message {number}: le portail est bleu, après la pharmacie.")
        await asyncio.sleep(max(0.0, began + gap - time.monotonic()))


async def _hurt(here: Platform, phones: Sequence[Phone], phase: Phase) -> int:
    """Restart Redis in the middle, and cut a tenth of the phones off, one by one."""
    if not phase.breaks:
        return 0
    await asyncio.sleep(phase.seconds * 0.3)
    restarting = asyncio.create_task(restart_redis(here))
    for phone in random.sample(list(phones), len(phones) // 10):
        phone.cut()
        await asyncio.sleep(phase.seconds * 0.4 / (len(phones) / 10))
    return await restarting


async def _settle(here: Platform, phones: Sequence[Phone]) -> None:
    """Wait until every phone stands where its log does, or time is up."""
    until = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < until:
        kept = await asyncio.to_thread(logs, here.env["DATABASE_URL"])
        behind = [
            phone
            for phone in phones
            if phone.cursor != len(kept.get(phone.person_id, []))
        ]
        if not behind:
            return
        await asyncio.sleep(0.2)


def _result(
    phase: Phase, phones: Sequence[Phone], since: float, lasted: float
) -> Result:
    sent = {
        client_id: at
        for phone in phones
        for client_id, at in phone.notes.sent.items()
        if at >= since
    }
    acks = [
        (at - sent[client_id]) * 1000
        for phone in phones
        for client_id, (_seq, at) in phone.notes.acked.items()
        if client_id in sent
    ]
    heard = [
        (at - sent[client_id]) * 1000
        for phone in phones
        for client_id, at in phone.notes.heard.items()
        if client_id in sent
    ]
    return Result(
        name=phase.name,
        acked_per_second=len(acks) / lasted,
        delivered_per_second=len(heard) / lasted,
        ack_p50=percentile(acks or [0.0], 0.5),
        ack_p99=percentile(acks or [0.0], 0.99),
        delivery_p50=percentile(heard or [0.0], 0.5),
        delivery_p99=percentile(heard or [0.0], 0.99),
        delivery_max=max(heard or [0.0]),
    )
