"""The platform and the simulated gateway over real HTTP, both ways."""

import pytest

from lokahome.core import clock
from lokahome.core.events.delivering import RetryLater, drain
from lokahome.core.ids import uuid7
from messaging.models import CaughtMessage, InboundSms, OutgoingMessage
from messaging.services.notify import notify
from messaging.services.preferences import wishes_of
from messaging.services.sending import send_message
from messaging.tests import simulation
from payments.tests.simulation import wait_until


@pytest.fixture
def gateway(live_server, settings, tmp_path):
    """A simulator that reports to this test's server, and is our carrier."""
    inbound = f"{live_server.url}/api/v1/sms/twilio/messages"
    simulator = simulation.Simulator(tmp_path / "sms.sqlite", inbound=inbound).start()
    settings.SMS_TRANSPORT = "twilio"
    settings.DEBUG = settings.DEV_DOORS = True
    settings.PUBLIC_URL = live_server.url
    settings.TWILIO_API_BASE = simulator.url
    settings.TWILIO_ACCOUNT_SID = simulation.ACCOUNT
    settings.TWILIO_AUTH_TOKEN = simulation.TOKEN
    settings.TWILIO_FROM = simulation.NUMBER
    yield simulator
    simulator.stop()


def tell(person):
    notify(
        fact=f"test:{uuid7()}",
        person_id=person.id,
        template="listing_published",
        context_ids={"listing_id": uuid7()},
        now=clock.now(),
    )


def told():
    return OutgoingMessage.objects.get()


def test_a_message_leaves_arrives_and_is_known_to_have_arrived(ama, gateway):
    tell(ama)
    wait_until(lambda: told().delivery == "delivered")
    assert gateway.messages(ama.user.phone)[0]["sid"] == told().transport_id
    assert CaughtMessage.objects.get().reference == str(told().pk)


def test_a_number_that_is_out_of_reach_is_known_to_be(ama, gateway):
    gateway.fault("undelivered")
    gateway.fault("twice")
    tell(ama)
    wait_until(lambda: told().delivery == "undelivered")
    assert told().delivery_error == "30003"


def test_forged_reports_change_nothing(ama, gateway):
    gateway.fault("never")
    tell(ama)
    sid = told().transport_id
    gateway.post(f"messages/{sid}/report", status="delivered", forged=True)
    forged = {"reference": sid}

    def refused():
        rows = gateway.get("book", **forged)["rows"]
        return [r["data"]["answer"] for r in rows if r["kind"] == "report.forged"]

    assert wait_until(refused) == ["401"]
    assert told().delivery == ""


@pytest.mark.parametrize("fault", ["drop_after", "error_after"])
def test_a_lost_answer_is_healed_by_the_report_and_nobody_gets_it_twice(
    ama, gateway, fault
):
    gateway.fault(fault)
    with pytest.raises(RetryLater):
        tell(ama)
    wait_until(lambda: told().delivery == "delivered")
    assert told().status == "sent"
    send_message(message_id=told().pk, now=clock.now())
    assert len(gateway.messages(ama.user.phone)) == 1


def test_stop_by_sms_is_heard_once_however_often_it_is_handed_over(ama, gateway):
    sid = gateway.post("inbound", **{"from": ama.user.phone, "body": "STOP"})["sid"]
    wait_until(InboundSms.objects.exists)
    gateway.post(f"inbound/{sid}/replay", copies=20)
    gateway.post(f"inbound/{sid}/replay", forged=True)

    def answers():
        rows = gateway.get("book", reference=sid)["rows"]
        return [row["data"].get("answer") for row in rows if "answer" in row["data"]]

    wait_until(lambda: len(answers()) == 22)
    assert sorted(set(answers())) == ["200", "401"]
    drain()
    assert InboundSms.objects.get().outcome == "stopped"
    assert not any(wish.sms for wish in wishes_of(ama.id).topics.values())
