"""Which gateways may hand SMS and reports to us, and what proves that it is them."""

from __future__ import annotations

from urllib.parse import parse_qsl

import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lokahome.core.errors import DomainError, NotFound
from messaging.channels.twilio_signature import is_signed

log = structlog.get_logger(__name__)

TWILIO = "twilio"
MAX_BODY_BYTES = 32 * 1024
MAX_FIELDS = 100


class SmsGatewayRefused(DomainError):
    """The signature is absent or wrong, or the body is not the gateway's form."""

    code = "sms.gateway_refused"
    status = 401
    title = gettext_lazy("Cet appel ne vient pas de la passerelle de SMS")

    def default_detail(self) -> str:
        return _("La signature est absente ou fausse.")


def read_notice(
    *, gateway: str, path: str, raw_body: bytes, signature: str
) -> dict[str, str]:
    """Return the form that *gateway* posted to *path* (with its query), if it is hers.

    The signature covers the public address, which is PUBLIC_URL and *path*, whatever
    name the last proxy called us by. Raises NotFound for a gateway that is not set up,
    SmsGatewayRefused.
    """
    token: str = settings.TWILIO_AUTH_TOKEN
    if gateway != TWILIO or not token:
        raise NotFound
    try:
        # Strict parsing would refuse the empty values that Twilio sends.
        form = parse_qsl(
            raw_body.decode(),
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise SmsGatewayRefused from error
    url = f"{settings.PUBLIC_URL}{path}"
    if not is_signed(token=token, url=url, form=form, signature=signature):
        log.warning("sms notice refused", gateway=gateway)
        raise SmsGatewayRefused
    found = dict(form)
    if found.get("AccountSid") != settings.TWILIO_ACCOUNT_SID:
        log.warning("sms notice of another account", gateway=gateway)
        raise SmsGatewayRefused
    return found
