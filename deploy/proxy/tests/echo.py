"""Two servers that remember what reached them, to stand behind the proxy."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Seen:
    """One request as it came through."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    size: int

    def all(self, name):
        """Return every value of the header *name*, however it is written."""
        wanted = name.lower().replace("_", "-")
        return [
            value
            for key, value in self.headers
            if key.lower().replace("_", "-") == wanted
        ]


@dataclass
class Echo:
    """A server on a free port: answers 200 with a gzipped body, and remembers."""

    name: str
    seen: list[Seen] = field(default_factory=list)

    def __enter__(self):
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(size)
                echo.seen.append(
                    Seen(self.command, self.path, list(self.headers.items()), size)
                )
                body = gzip.compress(json.dumps({"from": echo.name}).encode())
                self.send_response(200)
                self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
