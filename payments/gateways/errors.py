"""The three ways a gateway can disappoint us, told apart by what we may do next.

Messages never hold a phone number, a name, an e-mail address or a key: they end up in
logs and in the back-office.
"""


class GatewayError(Exception):
    """Any failure of a gateway call.

    `sent` is False only when the gateway did nothing for sure. `gateway_id` is the
    gateway's id of the object when it was already known at the time of the failure.
    """

    def __init__(
        self, message: str, *, sent: bool, gateway_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.sent = sent
        self.gateway_id = gateway_id


class GatewayUnavailable(GatewayError):
    """No usable answer. With `sent` the outcome is unknown, never failed: ask again.

    `retry_after` is the gateway's own wish in seconds (HTTP 429), when it gave one.
    """

    def __init__(
        self,
        message: str,
        *,
        sent: bool,
        gateway_id: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message, sent=sent, gateway_id=gateway_id)
        self.retry_after = retry_after


class GatewayRejected(GatewayError):
    """The gateway refused, for sure, and did nothing of what this call asked.

    `code` is ours: `bad_request`, `bad_credentials`, `not_found`, `bad_phone`,
    `duplicate_reference`, `limit_reached`, `wrong_state`. `detail` is the gateway's
    wording with digits and addresses masked.
    """

    def __init__(
        self, code: str, detail: str, *, gateway_id: str | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}", sent=False, gateway_id=gateway_id)
        self.code = code
        self.detail = detail


class GatewayUntrusted(GatewayError):
    """What arrived cannot be what the gateway means: act on nothing in it.

    A forged webhook, HTML with status 200, an amount that is no integer, an unknown
    status. After a call that changes something the outcome is unknown (`sent`).
    """

    def __init__(
        self, message: str, *, sent: bool = True, gateway_id: str | None = None
    ) -> None:
        super().__init__(message, sent=sent, gateway_id=gateway_id)
