"""Twilio's Programmable Messaging as it is on the wire (REST API of 2010-04-01).

Sources: twilio.com/docs/messaging/api/message-resource (fields, statuses), /docs/api/errors
(codes), /docs/messaging/guides/webhook-request (what comes in), /docs/usage/security
(the signature).
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

VERSION = "2010-04-01"
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
MOST_TEXT = 1600
FINAL = frozenset({"delivered", "undelivered", "failed"})
MESSAGES = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    21211: (400, "Invalid 'To' Phone Number"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21609: (400, "The 'StatusCallback' URL is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
}


class WireError(Exception):
    """An answer of the API that is no success."""

    def __init__(self, code: int) -> None:
        status, message = MESSAGES[code]
        super().__init__(f"{code} {message}")
        self.status = status
        self.payload = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }


@dataclass(slots=True)
class Message:
    """One SMS from the platform to a phone."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    created_at: float
    status: str = "queued"
    error_code: int | None = None
    faults: dict[str, float] = field(default_factory=dict)


def new_sid() -> str:
    """Return an id as the API makes them for messages."""
    return f"SM{secrets.token_hex(16)}"


def checked(form: dict[str, str], opted_out: set[str]) -> None:
    """Raise `WireError` for a form that the API does not take."""
    to, body = form.get("To", ""), form.get("Body", "")
    callback = form.get("StatusCallback", "")
    if not to:
        raise WireError(21604)
    if not NUMBER.fullmatch(to) or to.endswith("000211"):
        raise WireError(21211)
    if not form.get("From") and not form.get("MessagingServiceSid"):
        raise WireError(21603)
    if not body:
        raise WireError(21602)
    if len(body) > MOST_TEXT:
        raise WireError(21617)
    if callback and not callback.startswith(("http://", "https://")):
        raise WireError(21609)
    if to in opted_out or to.endswith("000610"):
        raise WireError(21610)


def as_json(account: str, message: Message) -> dict[str, Any]:
    """Return a message as the API shows it."""
    moment = formatdate(message.created_at)
    path = f"/{VERSION}/Accounts/{account}/Messages/{message.sid}"
    return {
        "account_sid": account,
        "api_version": VERSION,
        "body": message.body,
        "date_created": moment,
        "date_sent": None if message.status == "queued" else moment,
        "date_updated": moment,
        "direction": "outbound-api",
        "error_code": message.error_code,
        "error_message": None,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": message.to,
        "uri": f"{path}.json",
    }


def report_form(
    account: str, message: Message, status: str, error_code: int | None
) -> dict[str, str]:
    """Return the form of a status callback."""
    form = {
        "AccountSid": account,
        "ApiVersion": VERSION,
        "From": message.sender,
        "MessageSid": message.sid,
        "MessageStatus": status,
        "SmsSid": message.sid,
        "SmsStatus": status,
        "To": message.to,
    }
    return {**form, "ErrorCode": str(error_code)} if error_code else form


def inbound_form(
    account: str, *, sid: str, sender: str, number: str, body: str
) -> dict[str, str]:
    """Return the form by which an SMS to our number is handed over."""
    return {
        "AccountSid": account,
        "ApiVersion": VERSION,
        "Body": body,
        "From": sender,
        "FromCity": "",
        "FromCountry": "BJ",
        "MessageSid": sid,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "To": number,
    }


def signature(token: str, url: str, form: dict[str, str]) -> str:
    """Return what stands in ``X-Twilio-Signature``."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
