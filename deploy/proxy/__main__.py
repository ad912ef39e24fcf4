"""``python -m deploy.proxy --name lokahome.example …`` prints the proxy's file."""

from __future__ import annotations

import argparse
import sys

from deploy.proxy.site import Site


def main() -> int:
    """Print the file; 2 and the reason for what cannot be written into it."""
    parser = argparse.ArgumentParser(prog="deploy.proxy", description=__doc__)
    parser.add_argument("--name", required=True, help="the one public name")
    parser.add_argument("--web", default="127.0.0.1:8000", help="the WSGI process")
    parser.add_argument("--realtime", default="127.0.0.1:8001", help="the ASGI process")
    parser.add_argument("--listen", default="443", help="port, or address:port")
    parser.add_argument("--certificate", default="", help="file, for HTTPS")
    parser.add_argument("--key", default="", help="the certificate's key, a file")
    try:
        site = Site(**vars(parser.parse_args()))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(site.text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
