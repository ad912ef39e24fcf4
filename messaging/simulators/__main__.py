"""Run it: ``python -m messaging.simulators --port 8788 --book sms.sqlite``.

The account comes from TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (or NAME_FILE), its
number from TWILIO_FROM.
"""

import argparse
import os
import sys
from pathlib import Path

from messaging.simulators.server import Program
from payments.simulators.book import BookTaken


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m messaging.simulators")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--book", type=Path, required=True, help="SQLite file")
    parser.add_argument(
        "--inbound",
        default="",
        metavar="URL",
        help="where SMS to our number are handed over; without it they are recorded",
    )
    parser.add_argument(
        "--time-scale",
        type=float,
        default=1.0,
        help="0.02 makes every wait fifty times shorter",
    )
    options = parser.parse_args(arguments)
    try:
        program = Program(
            host=options.host,
            port=options.port,
            book=options.book,
            scale=options.time_scale,
            account=_value("TWILIO_ACCOUNT_SID"),
            token=_value("TWILIO_AUTH_TOKEN"),
            number=os.environ.get("TWILIO_FROM") or "+2290199000000",
            inbound_url=options.inbound,
        )
    except BookTaken as error:
        sys.exit(str(error))
    program.run()


def _value(name: str) -> str:
    value = os.environ.get(name, "")
    file = os.environ.get(f"{name}_FILE")
    if not value and file:
        value = Path(file).read_text("utf-8").strip()
    if not value:
        sys.exit(f"{name} is not set")
    return value


if __name__ == "__main__":
    main()
