"""The back-office as a browser of the staff sees it: both proofs, pages, decisions."""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
import time
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from deploy.demo.client import TIMEOUT, Refused, expect

MODERATOR, LEAD, MAKER, CHECKER = "moderator", "lead", "finance", "checker"
IDENTITY_CHECKER = "identity"
PASSWORD = "lokahome-demo"  # noqa: S105 - the demo people's, of development only
TOO_MANY = "Trop de demandes"
PERIOD = 30
"""Seconds that a code of an application lives; each opens once."""
_LONGEST_WAIT = 960


class Form:
    """One form of a page: where it goes and what it holds."""

    def __init__(self, action: str, method: str) -> None:
        self.action = action
        self.method = method
        self.fields: dict[str, str] = {}


class Forms(HTMLParser):
    """Reads the forms of a page, with the values of their inputs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a form, or note an input of the one that is open."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get"))
            self.found.append(self._open)
        elif tag == "input" and self._open is not None and "name" in given:
            self._open.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Close the form."""
        if tag == "form":
            self._open = None


class Browser:
    """Keeps cookies, follows redirects, sends forms with their hidden fields."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._http = httpx.Client(timeout=TIMEOUT, follow_redirects=True)

    def open(self, path: str) -> str:
        """Return the page at *path*; raises Refused."""
        response = self._http.get(urljoin(self._base, path))
        if not response.is_success:
            raise Refused(response)
        self._here = str(response.url)
        return response.text

    def send(self, form: Form, **values: str) -> str:
        """POST a form of the open page and return the page that follows."""
        response = self._http.post(
            urljoin(self._here, form.action),
            data={**form.fields, **values},
            headers={"Referer": self._here},
        )
        if not response.is_success:
            raise Refused(response)
        self._here = str(response.url)
        return response.text


def enter(base: str, name: str) -> Browser:
    """Return a browser signed in as *name*; many journeys in a row wait for the limit."""
    browser = Browser(base)
    until = time.monotonic() + _LONGEST_WAIT
    while True:
        page = browser.open("/admin/login/?next=/admin/")
        form = next(f for f in Forms(page).found if "password" in f.fields)
        answer = browser.send(form, username=name, password=PASSWORD)
        if not any("password" in f.fields for f in Forms(answer).found):
            if _prove(browser, answer, name):
                return browser
            expect(time.monotonic() < until, "the second proof was refused")
            continue
        is_limit = TOO_MANY in answer
        expect(is_limit and time.monotonic() < until, "the log-in was refused")
        print(
            f"      “{TOO_MANY}” (ten log-ins in fifteen minutes): waiting", flush=True
        )
        time.sleep(30)


def _prove(browser: Browser, page: str, name: str) -> bool:
    """Give the second proof; False when its code has opened once and the next is due."""
    form = next((f for f in Forms(page).found if "code" in f.fields), None)
    expect(form, "no second proof was asked for")
    assert form is not None  # noqa: S101 - for the type checker
    answer = browser.send(form, code=code_of(name, int(time.time())))
    if not any("code" in f.fields for f in Forms(answer).found):
        return True
    time.sleep(PERIOD - time.time() % PERIOD + 0.5)
    return False


def code_of(name: str, seconds: int) -> str:
    """Return the code of a demo colleague's application (RFC 6238) at a Unix time."""
    seed = hashlib.sha256(f"lokahome-demo:{name}".encode()).digest()[:20]
    counter = struct.pack(">Q", seconds // PERIOD)
    digest = hmac.new(seed, counter, hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def decisions_on(page: str) -> dict[str, Form]:
    """Return the decisions that *page* offers, by name."""
    forms = [form for form in Forms(page).found if "/decide/" in form.action]
    return {form.action.rsplit("/", 1)[-1]: form for form in forms}


def row_in(page: str, path: str) -> str:
    """Return the id of the first row that the list *page* at *path* leads to."""
    found = re.search(rf"{path}([0-9a-f-]{{36}})/change/", page)
    expect(found, f"nothing to open in {path}")
    assert found is not None  # noqa: S101 - for the type checker
    return found[1]
