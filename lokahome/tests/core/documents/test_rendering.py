"""The PDF: drawn from a template that can reach nothing but what it is given."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from lokahome.core.documents.rendering import FetchRefused, check_url, render_pdf
from lokahome.tests.core.documents.conftest import issue

TEMPLATE = "tests/document.html"


def draw(more=""):
    context = {"label": "TS-1", "issued_on": "", "payer": "", "more": more}
    return render_pdf(TEMPLATE, context, token="t" * 22)


def test_a_document_is_a_pdf_with_its_qr_code(db):
    document = issue()
    assert document.file_sha256
    pdf = draw()
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) > len(draw_without_qr())


def draw_without_qr():
    from weasyprint import HTML

    return HTML(string="<h1>TS-1</h1>").write_pdf()


def test_the_qr_code_leads_to_the_check_page(settings):
    settings.PUBLIC_URL = "https://lokahome.example"
    assert check_url("abc") == "https://lokahome.example/r/abc"


@pytest.fixture
def listener():
    """An HTTP server on loopback that notes who asks."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.asked = asked
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


WAYS = [
    '<img src="{url}">',
    '<link rel="stylesheet" href="{url}">',
    '<link rel="attachment" href="{url}">',
    '<a rel="attachment" href="{url}">x</a>',
    "<style>@import url({url});</style>",
    "<style>@font-face {{ font-family: x; src: url({url}) }} p {{ font: 9px x }}</style>",
    '<p style="background: url({url})">x</p>',
    '<object data="{url}"></object>',
    '<embed src="{url}">',
    '<svg><image href="{url}"/></svg>',
    '<svg><use href="{url}#a"/></svg>',
]


def refused_or_drawn_without(markup):
    """Return the PDF that was drawn without the thing, or nothing at all."""
    try:
        return draw(markup)
    except FetchRefused:
        return b""


@pytest.mark.parametrize("way", WAYS)
def test_a_template_fetches_nothing_over_http(way, listener):
    """An address inside our network would answer to us and not to its writer."""
    address = f"http://127.0.0.1:{listener.server_port}/secret"
    refused_or_drawn_without(way.format(url=address))
    assert listener.asked == []


@pytest.mark.parametrize("way", WAYS)
def test_a_template_reads_no_file_of_the_machine(way, tmp_path):
    secret = tmp_path / "secret.css"
    secret.write_text("p::before { content: 'THE-SECRET-OF-THE-MACHINE' }")
    with_secret = refused_or_drawn_without(way.format(url=secret.as_uri()))
    secret.unlink()
    without = refused_or_drawn_without(way.format(url=secret.as_uri()))
    assert b"EmbeddedFile" not in with_secret
    assert len(with_secret) == len(without), "whether it exists makes no difference"
