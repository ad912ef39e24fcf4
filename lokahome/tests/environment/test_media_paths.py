"""Which folder development serves under /media/."""

import pytest

from lokahome.urls import media_paths


@pytest.mark.parametrize(
    ("options", "served"),
    [
        ({"location": "/srv/media", "base_url": "/media/"}, ["/srv/media"]),
        ({"bucket_name": "photos"}, []),
        ({"bucket_name": "photos", "location": ""}, []),
    ],
)
def test_only_a_named_folder_is_served(settings, options, served):
    """An empty root would be the working directory, secrets included."""
    settings.DEBUG = True
    settings.STORAGES = {**settings.STORAGES, "default": {"OPTIONS": options}}
    roots = [path.default_args["document_root"] for path in media_paths()]
    assert roots == served
