"""Sockets: live conversations over ``/realtime/v1`` (docs/api/realtime.md).

PostgreSQL is the message log; the channel layer carries hints only (docs/adr, 0011).
Each process has one hub; each socket is a session that reads the person's log from its
own cursor.
"""
