"""Run the simulators: ``python -m payments.simulators --port 8787 --book book.sqlite``.

Keys come from FEDAPAY_SECRET_KEY and FEDAPAY_WEBHOOK_SECRET (or NAME_FILE).
"""

import argparse
import os
import sys
from pathlib import Path

from payments.simulators.book import BookTaken
from payments.simulators.server import Program


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m payments.simulators")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--book", type=Path, required=True, help="SQLite file")
    parser.add_argument(
        "--webhook",
        action="append",
        default=[],
        metavar="GATEWAY=URL",
        help="where a gateway sends its webhooks; without it they are only recorded",
    )
    parser.add_argument(
        "--time-scale",
        type=float,
        default=1.0,
        help="0.02 makes every wait fifty times shorter (faults excepted)",
    )
    options = parser.parse_args(arguments)
    webhooks = dict(pair.partition("=")[::2] for pair in options.webhook)
    unknown = set(webhooks) - {"fedapay"}
    if unknown:
        parser.error(f"no such gateway: {', '.join(sorted(unknown))}")
    try:
        program = Program(
            host=options.host,
            port=options.port,
            book=options.book,
            scale=options.time_scale,
            webhooks=webhooks,
            secret_key=_secret("FEDAPAY_SECRET_KEY"),
            # The receiver may hold an old secret after the new one; we sign as the new.
            webhook_secret=_secret("FEDAPAY_WEBHOOK_SECRET").partition(",")[0],
        )
    except BookTaken as error:
        sys.exit(str(error))
    program.run()


def _secret(name: str) -> str:
    value = os.environ.get(name, "")
    file = os.environ.get(f"{name}_FILE")
    if not value and file:
        value = Path(file).read_text("utf-8").strip()
    if not value:
        sys.exit(f"{name} is not set")
    return value


if __name__ == "__main__":
    main()
