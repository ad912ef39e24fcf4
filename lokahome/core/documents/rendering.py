"""PDF from an HTML template, with the QR code of the check page."""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.template.loader import render_to_string


class FetchRefused(ValueError):
    """A template asked for something outside itself."""


def check_url(token: str) -> str:
    """Return the address that the QR code holds."""
    return f"{settings.PUBLIC_URL}/r/{token}"


def qr_data_uri(text: str) -> str:
    """Return *text* as a QR code, an SVG in a data URI."""
    uri: str = segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=2)
    return uri


def render_pdf(template: str, context: dict[str, Any], *, token: str) -> bytes:
    """Return the PDF of *template*; nothing is fetched but data URIs."""
    # Two seconds of imports: only the process that draws pays them.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    class DataOnly(URLFetcher):  # type: ignore[misc]  # no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith("data:"):
                raise FetchRefused(url.split(":")[0])
            return super().fetch(url, headers)

    url = check_url(token)
    html = render_to_string(
        template, {**context, "check_url": url, "qr": qr_data_uri(url)}
    )
    pdf: bytes = HTML(string=html, url_fetcher=DataOnly()).write_pdf()
    return pdf
