"""The doors of the gateway of SMS: signed by her, or refused with nothing changed."""

from urllib.parse import urlencode

import pytest

from lokahome.core import clock
from lokahome.core.ids import uuid7
from messaging.channels.twilio_signature import signature_of
from messaging.models import InboundSms, OutgoingMessage
from messaging.services.gateways import MAX_BODY_BYTES

TOKEN, ACCOUNT = "essai", "AC" + "1" * 32
DELIVERIES = "/api/v1/sms/twilio/deliveries"
MESSAGES = "/api/v1/sms/twilio/messages"
FORM = "application/x-www-form-urlencoded"
DOORS = [DELIVERIES, MESSAGES]
NOBODYS = "01a208ce-0000-7000-8000-000000000001"  # fixed: it names a test


@pytest.fixture(autouse=True)
def account(db, settings):
    settings.TWILIO_AUTH_TOKEN, settings.TWILIO_ACCOUNT_SID = TOKEN, ACCOUNT
    settings.PUBLIC_URL = "https://lokahome.example"


def post(client, path, form, *, signature=None, body=None, content_type=FORM):
    pairs = list(form.items())
    if signature is None:
        url = f"https://lokahome.example{path}"
        signature = signature_of(token=TOKEN, url=url, form=pairs)
    return client.generic(
        "POST",
        path,
        urlencode(pairs) if body is None else body,
        content_type=content_type,
        headers={"x-twilio-signature": signature},
    )


def report(status="delivered", sid="SM1", **more):
    return {
        "AccountSid": ACCOUNT,
        "MessageSid": sid,
        "MessageStatus": status,
        "To": "+2290197000001",
        **more,
    }


def sms(text="Oui é", sid="SM1", sender="+2290197000001"):
    return {
        "AccountSid": ACCOUNT,
        "Body": text,
        "From": sender,
        "FromCity": "",
        "MessageSid": sid,
        "To": "+2290199000000",
    }


@pytest.fixture
def sent():
    message = OutgoingMessage(
        fact="x",
        person_id=uuid7(),
        channel="sms",
        template="listing_published",
        status="sent",
        transport_id="SM1",
        sent_at=clock.now(),
    )
    message.save()
    return message


def test_a_signed_report_is_taken_into_account(anonymous, sent):
    path = f"{DELIVERIES}?message={sent.pk}"
    answer = post(anonymous, path, report("undelivered", ErrorCode="30003"))
    assert (answer.status_code, answer.content) == (204, b"")
    sent.refresh_from_db()
    assert (sent.delivery, sent.delivery_error) == ("undelivered", "30003")


def test_the_same_report_again_is_harmless(anonymous, sent):
    for _ in range(3):
        answer = post(anonymous, DELIVERIES, report())
        assert answer.status_code == 204
    sent.refresh_from_db()
    assert sent.delivery == "delivered"


@pytest.mark.parametrize("query", ["?message=", "?message=x", f"?message={NOBODYS}"])
def test_a_report_of_nothing_of_ours_is_answered_and_forgotten(anonymous, sent, query):
    form = report(sid="SM9")
    assert post(anonymous, f"{DELIVERIES}{query}", form).status_code == 204
    sent.refresh_from_db()
    assert sent.delivery == ""


def test_a_signed_sms_is_stored_and_answered_with_silence(anonymous):
    answer = post(anonymous, MESSAGES, sms())
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/xml")
    assert answer.content.endswith(b"<Response></Response>")
    row = InboundSms.objects.get()
    assert (row.gateway, row.sender, row.text) == ("twilio", "+2290197000001", "Oui é")


def test_everybody_gets_the_same_answer(anonymous, ama):
    known = post(anonymous, MESSAGES, sms())
    unknown = post(anonymous, MESSAGES, sms(sid="SM2", sender="+2290197999999"))
    again = post(anonymous, MESSAGES, sms())
    assert known.content == unknown.content == again.content
    assert InboundSms.objects.count() == 2


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("signature", ["", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B8="])
def test_what_is_not_signed_is_refused(anonymous, sent, path, signature):
    form = {**report(), **sms()}
    answer = post(anonymous, path, form, signature=signature)
    assert answer.status_code == 401
    assert answer.json()["code"] == "sms.gateway_refused"
    unchanged(sent)


def unchanged(sent):
    sent.refresh_from_db()
    assert sent.delivery == ""
    assert not InboundSms.objects.exists()


@pytest.mark.parametrize("path", DOORS)
def test_a_body_that_was_changed_on_the_way_is_refused(anonymous, sent, path):
    form = {**report(), **sms()}
    body = urlencode({**form, "Body": "STOP", "MessageStatus": "failed"})
    url = f"https://lokahome.example{path}"
    signature = signature_of(token=TOKEN, url=url, form=list(form.items()))
    answer = post(anonymous, path, form, signature=signature, body=body)
    assert answer.status_code == 401
    unchanged(sent)


def test_the_signature_of_one_door_does_not_open_the_other(anonymous, sent):
    form = {**report(), **sms()}
    url = f"https://lokahome.example{DELIVERIES}"
    signature = signature_of(token=TOKEN, url=url, form=list(form.items()))
    assert post(anonymous, MESSAGES, form, signature=signature).status_code == 401
    other = f"{DELIVERIES}?message={sent.pk}"
    assert post(anonymous, other, form, signature=signature).status_code == 401
    unchanged(sent)


@pytest.mark.parametrize("path", DOORS)
def test_another_account_s_form_is_refused_though_it_is_signed(anonymous, sent, path):
    form = {**report(), **sms(), "AccountSid": "AC" + "2" * 32}
    assert post(anonymous, path, form).status_code == 401
    unchanged(sent)


@pytest.mark.parametrize("path", DOORS)
def test_a_name_that_stands_twice_is_refused(anonymous, sent, path):
    form = {**report(), **sms()}
    body = urlencode([*form.items(), ("Body", "STOP")])
    assert post(anonymous, path, form, body=body).status_code == 401
    unchanged(sent)


@pytest.mark.parametrize("path", DOORS)
def test_without_a_token_there_is_no_door(anonymous, settings, path):
    settings.TWILIO_AUTH_TOKEN = ""
    assert post(anonymous, path, {**report(), **sms()}).status_code == 404


@pytest.mark.parametrize("kind", ["deliveries", "messages"])
def test_an_unknown_gateway_has_no_door(anonymous, kind):
    path = f"/api/v1/sms/pigeon/{kind}"
    assert post(anonymous, path, sms()).status_code == 404


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"x", "text/plain", 415),
        (b"a=" + b"x" * MAX_BODY_BYTES, FORM, 413),
        (b"\xff\xfe", FORM, 401),
        (b"&".join(b"a%d=1" % i for i in range(150)), FORM, 401),
        (b"", FORM, 401),
    ],
)
def test_what_is_no_small_form_is_refused(
    anonymous, sent, path, body, content_type, status
):
    answer = post(anonymous, path, {}, body=body, content_type=content_type)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/problem+json")
    unchanged(sent)


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("sid", ["", "S" * 65])
def test_a_form_without_a_usable_id_is_refused(anonymous, sent, path, sid):
    form = {**report(), **sms(), "MessageSid": sid}
    assert post(anonymous, path, form).status_code == 400
    unchanged(sent)


@pytest.mark.parametrize("path", DOORS)
def test_the_doors_are_for_posting(anonymous, path):
    assert anonymous.get(path).status_code == 405


def test_no_other_door_reads_forms(ama):
    answer = ama.generic(
        "POST", "/api/v1/notifications/reading", "up_to=1", content_type=FORM
    )
    assert answer.status_code == 415
