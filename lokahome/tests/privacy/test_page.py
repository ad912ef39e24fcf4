"""docs/privacy.md says what the register says."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from lokahome.core.privacy.holdings import holdings
from lokahome.core.privacy.pages import kept_table, retention_table

PAGE = Path(settings.BASE_DIR) / "docs" / "privacy.md"


@pytest.mark.parametrize(
    ("mark", "table"), [("retention", retention_table), ("kept", kept_table)]
)
def test_a_table_of_the_page_is_the_register_s(mark, table):
    page = PAGE.read_text("utf-8")
    written = page.partition(f"<!-- {mark} -->\n")[2].partition("\n<!-- end -->")[0]
    assert written.strip() == table(), (
        f"docs/privacy.md is stale: put `lokahome.core.privacy.pages.{table.__name__}()`"
        f" between its marks"
    )


def test_what_is_deleted_is_on_the_page_too():
    page = PAGE.read_text("utf-8")
    deleted = {item.model for item in holdings() if item.deleted}
    assert [model for model in sorted(deleted) if f"`{model}`" not in page] == []
