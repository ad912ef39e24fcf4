"""A simulator as a real process, and a receiver of webhooks, for tests and benches."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

SECRET_KEY = "sk_sandbox_essai"
WEBHOOK_SECRET = "wh_sandbox_essai"
ROOT = Path(__file__).resolve().parents[2]


def wait_until(condition, seconds=8.0):
    """Return the first truthy value of `condition()`; fail after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.01)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Receiver:
    """Collects webhooks as they arrive: (headers, raw body). `status` is the answer."""

    def __init__(self):
        self.received = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append((dict(self.headers.items()), body))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            # 200 copies at once must not be refused by a short queue.
            request_queue_size = 512
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def about(self, reference):
        wanted = f'"merchant_reference": "{reference}"'.encode()
        return [row for row in list(self.received) if wanted in row[1]]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Simulator:
    """One simulator process and its control interface."""

    def __init__(self, book, *, webhook="", scale=0.02):
        self.book = book
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = [
            *(sys.executable, "-m", "payments.simulators"),
            *("--port", str(self.port), "--book", str(book)),
            *("--time-scale", str(scale)),
            *(("--webhook", f"fedapay={webhook}") if webhook else ()),
        ]
        self._process = None
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=10)

    def start(self):
        environment = {
            **os.environ,
            "FEDAPAY_SECRET_KEY": SECRET_KEY,
            "FEDAPAY_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }
        self._process = subprocess.Popen(self._arguments, cwd=ROOT, env=environment)
        wait_until(self._answers, 15)
        return self

    def _answers(self):
        assert self._process.poll() is None, "the simulator ended"
        with contextlib.suppress(httpx.TransportError):
            return self.http.get("/_control/health").is_success

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(5)

    def stop(self):
        self.http.close()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()

    def get(self, path, **params):
        return (
            self.http.get(f"/_control/{path}", params=params).raise_for_status().json()
        )

    def post(self, path, **body):
        answer = self.http.post(f"/_control/{path}", json=body)
        return answer.raise_for_status().json()

    def fault(self, kind, *, on="*", reference=None, **more):
        self.post("faults", fault=kind, on=on, reference=reference, **more)

    def charges(self, reference):
        return self.get("fedapay/charges", reference=reference)["charges"]

    def payouts(self, reference):
        return self.get("fedapay/payouts", reference=reference)["payouts"]

    def rows(self, reference):
        return self.get("book", reference=reference)["rows"]

    def totals(self):
        return self.get("book", limit=0)["totals"]
