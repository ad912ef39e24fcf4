"""The simulator of SMS as a real process, and a receiver of what it posts."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import httpx

from payments.tests.simulation import free_port, wait_until

ACCOUNT = "AC" + "0" * 32
TOKEN = "essai"
NUMBER = "+2290199000000"
ROOT = Path(__file__).resolve().parents[2]


class Receiver:
    """Collects forms as they arrive: (path, signature, form)."""

    def __init__(self):
        self.received = []
        self.status = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, keep_blank_values=True))
                signed = self.headers["X-Twilio-Signature"]
                outer.received.append((self.path, signed, form))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def about(self, sid):
        return [row for row in list(self.received) if row[2]["MessageSid"] == sid]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Simulator:
    """One simulator process and its control interface."""

    def __init__(self, book, *, inbound="", scale=0.02):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = [
            *(sys.executable, "-m", "messaging.simulators"),
            *("--port", str(self.port), "--book", str(book)),
            *("--time-scale", str(scale)),
            *(("--inbound", inbound) if inbound else ()),
        ]
        self._process = None
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=10)

    def start(self):
        environment = {
            **os.environ,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": NUMBER,
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

    def create(self, auth=(ACCOUNT, TOKEN), account=ACCOUNT, **form):
        fields = {"To": "+2290197000001", "From": NUMBER, "Body": "Bonjour", **form}
        path = f"/2010-04-01/Accounts/{account}/Messages.json"
        return self.http.post(path, data=fields, auth=auth)

    def get(self, path, **params):
        return self.http.get(f"/_control/{path}", params=params).json()

    def post(self, path, **body):
        answer = self.http.post(f"/_control/{path}", json=body)
        return answer.raise_for_status().json()

    def fault(self, kind, **more):
        self.post("faults", fault=kind, **more)

    def messages(self, to):
        return self.get("messages", to=to)["messages"]
