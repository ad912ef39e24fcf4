"""Tickets for the socket."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class SocketTicketInputSerializer(serializers.Serializer[Any]):
    """A wish to open a socket."""

    device_id = serializers.UUIDField(
        help_text="The app's installation; the socket's `hello` repeats it."
    )


class SocketTicketSerializer(serializers.Serializer[Any]):
    """What opens one socket, once."""

    ticket = serializers.CharField(
        max_length=64, help_text="For the first frame, `hello`; never for a URL."
    )
    socket_url = serializers.CharField(
        max_length=200, help_text="Where to open the socket."
    )
    expires_at = serializers.DateTimeField(help_text="Useless from then on.")
