"""The simulator speaks as its model does; the platform's own code is the judge."""

import httpx
import pytest

from lokahome.core.http.client import OutgoingClient
from messaging.channels.base import CarrierRefused, CarrierUnavailable
from messaging.channels.sms_twilio import TwilioSms
from messaging.channels.twilio_signature import is_signed
from messaging.tests.simulation import ACCOUNT, NUMBER, TOKEN, Simulator
from payments.tests.simulation import wait_until

CALLBACK = "/reports?message=0190-1"


def carrier(simulator, receiver=None):
    http = OutgoingClient(
        simulator.url, allowed_hosts={"127.0.0.1"}, allow_loopback=True
    )
    return TwilioSms(
        http,
        account=ACCOUNT,
        token=TOKEN,
        sender=NUMBER,
        reports_to=f"{receiver.base}/reports" if receiver else "",
    )


def statuses(receiver, sid):
    """Return the reports that came, in no promised order: each is a request of its own.

    Twilio promises none either (docs "Outbound message status in status callbacks").
    """
    return [form["MessageStatus"] for _path, _signed, form in receiver.about(sid)]


def test_our_carrier_hands_over_and_hears_of_every_step(simulator, receiver):
    sent = carrier(simulator, receiver).send("+2290197000001", "Code : 1 é", "ref-1")
    sid = sent.transport_id
    wait_until(lambda: len(receiver.about(sid)) == 2)
    assert sid.startswith("SM")
    assert sorted(statuses(receiver, sid)) == ["delivered", "sent"]
    for path, signed, form in receiver.about(sid):
        assert path == "/reports?message=ref-1"
        url = f"{receiver.base}{path}"
        pairs = list(form.items())
        assert is_signed(token=TOKEN, url=url, form=pairs, signature=signed)
    shown = simulator.messages("+2290197000001")[0]
    assert (shown["body"], shown["status"]) == ("Code : 1 é", "delivered")


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"To": ""}, 400, 21604),
        ({"To": "97000001"}, 400, 21211),
        ({"To": "+2290197000211"}, 400, 21211),
        ({"To": "+2290197000610"}, 400, 21610),
        ({"From": ""}, 400, 21603),
        ({"Body": ""}, 400, 21602),
        ({"Body": "x" * 1601}, 400, 21617),
        ({"StatusCallback": "ftp://x"}, 400, 21609),
        ({"auth": (ACCOUNT, "wrong")}, 401, 20003),
        ({"account": "AC1"}, 404, 20404),
    ],
)
def test_refusals_have_their_codes(simulator, form, status, code):
    answer = simulator.create(**form)
    assert answer.status_code == status
    assert (answer.json()["code"], answer.json()["status"]) == (code, status)


def test_a_message_can_be_read_back(simulator):
    made = simulator.create(Body="Lu").json()
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{made['sid']}.json"
    read = simulator.http.get(path, auth=(ACCOUNT, TOKEN)).json()
    assert read["body"] == "Lu"
    assert read["uri"] == path
    unknown = path.replace(made["sid"], "SM0")
    assert simulator.http.get(unknown, auth=(ACCOUNT, TOKEN)).status_code == 404


@pytest.mark.parametrize("fault", ["error_before", "drop_before", "busy", "html"])
def test_nothing_was_taken_when_the_carrier_failed_before(simulator, fault):
    simulator.fault(fault, to="+2290197000021")
    with pytest.raises(CarrierUnavailable):
        carrier(simulator).send("+2290197000021", "x", "r")
    assert simulator.messages("+2290197000021") == []


@pytest.mark.parametrize(
    ("fault", "ending"), [("error_after", "22"), ("drop_after", "23")]
)
def test_a_lost_answer_looks_the_same_but_the_message_left(simulator, fault, ending):
    number = f"+22901970000{ending}"
    simulator.fault(fault, to=number)
    with pytest.raises(CarrierUnavailable):
        carrier(simulator).send(number, "x", "r")
    assert len(simulator.messages(number)) == 1


def test_stop_silences_a_number_until_start(simulator, receiver):
    number = "+2290197000031"
    simulator.post("inbound", **{"from": number, "body": "stop"})
    with pytest.raises(CarrierRefused) as refusal:
        carrier(simulator).send(number, "x", "r")
    assert refusal.value.code == "twilio_21610"
    simulator.post("inbound", **{"from": number, "body": "START"})
    assert carrier(simulator).send(number, "x", "r").transport_id


def test_an_sms_of_somebody_is_handed_over_signed_and_again_when_asked(
    simulator, receiver
):
    sid = simulator.post("inbound", **{"from": "+2290197000001", "body": "Oui é"})[
        "sid"
    ]
    wait_until(lambda: receiver.about(sid))
    path, signed, form = receiver.about(sid)[0]
    assert (path, form["Body"], form["To"]) == ("/inbound", "Oui é", NUMBER)
    url = f"{receiver.base}{path}"
    assert is_signed(token=TOKEN, url=url, form=list(form.items()), signature=signed)
    simulator.post(f"inbound/{sid}/replay", copies=3)
    wait_until(lambda: len(receiver.about(sid)) == 4)
    simulator.post(f"inbound/{sid}/replay", forged=True)
    wait_until(lambda: len(receiver.about(sid)) == 5)
    path, signed, form = receiver.about(sid)[-1]
    forged = is_signed(token=TOKEN, url=url, form=list(form.items()), signature=signed)
    assert not forged


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (["never"], []),
        (["twice"], ["sent", "sent", "delivered", "delivered"]),
        (["undelivered"], ["sent", "undelivered"]),
    ],
)
def test_reports_go_wrong_as_told(simulator, receiver, faults, expected):
    for fault in faults:
        simulator.fault(fault)
    callback = f"{receiver.base}{CALLBACK}"
    sid = simulator.create(StatusCallback=callback).json()["sid"]
    ends = {"delivered", "undelivered"}
    wait_until(lambda: simulator.messages("+2290197000001")[0]["status"] in ends)
    wait_until(lambda: len(receiver.about(sid)) >= len(expected))
    assert sorted(statuses(receiver, sid)) == sorted(expected)


def test_reports_can_come_backwards(simulator, receiver):
    simulator.fault("reordered")
    callback = f"{receiver.base}{CALLBACK}"
    sid = simulator.create(StatusCallback=callback).json()["sid"]
    wait_until(lambda: len(receiver.about(sid)) == 2)
    assert set(statuses(receiver, sid)) == {"sent", "delivered"}


def test_a_killed_simulator_knows_its_messages_and_goes_on(tmp_path, receiver):
    book = tmp_path / "sms.sqlite"
    slow = Simulator(book, scale=60).start()
    sid = slow.create(StatusCallback=f"{receiver.base}{CALLBACK}").json()["sid"]
    slow.kill()
    slow.http.close()
    again = Simulator(book).start()
    try:
        assert again.messages("+2290197000001")[0]["sid"] == sid
        wait_until(lambda: "delivered" in statuses(receiver, sid))
    finally:
        again.stop()


def test_two_processes_do_not_share_a_book(tmp_path):
    book = tmp_path / "sms.sqlite"
    first = Simulator(book).start()
    try:
        with pytest.raises(AssertionError, match="ended"):
            Simulator(book).start()
    finally:
        first.stop()


def test_the_control_interface_answers_this_machine_and_its_own_pages(simulator):
    other = {"origin": "https://evil.example"}
    refused = simulator.http.post("/_control/faults/clear", headers=other)
    assert refused.status_code == 403
    page = simulator.http.get("/", headers={"host": "evil.example"})
    assert page.status_code == 403
    assert simulator.http.post("/_control/inbound", json={}).status_code == 422
    assert (
        simulator.http.post("/_control/faults", json={"fault": "x"}).status_code == 422
    )
    assert simulator.http.post("/_control/inbound/SM0/replay").status_code == 404


def test_the_page_shows_what_came_and_escapes_it(simulator):
    simulator.create(Body="<script>1</script>", To="+2290197000041")
    simulator.post("inbound", **{"from": "+2290197000041", "body": "<b>oui</b>"})
    page = simulator.http.get("/").text
    assert "+2290197000041" in page
    assert "<script>1" not in page
    assert "<b>oui" not in page


def test_the_book_cannot_be_rewritten(simulator):
    rows = httpx.get(f"{simulator.url}/_control/book").json()["rows"]
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
