"""Photos: in as they come, out drawn anew."""

import io

import pytest
from django.core.files.storage import storages
from PIL import Image

from lokahome.core import clock
from lokahome.core.errors import NotFound
from lokahome.core.files.uploads import UploadNotWhole
from properties.models import Listing, ListingPhoto
from properties.services.listings import ListingNotEditable
from properties.services.photos import add_photo, remove_photo
from properties.tests import factories as make

pytestmark = pytest.mark.django_db


def add(row, owner, upload):
    return add_photo(
        listing_id=row.pk,
        actor=owner.user,
        upload_id=upload.pk,
        now=clock.now(),
    )


def test_variants_are_webp_and_jpeg_without_metadata(kossi):
    row = make.listing(kossi.user)
    photo = add(row, kossi, make.upload(kossi.user, make.jpeg(2000, 1500)))
    sizes = [(item["format"], item["width"]) for item in photo.variants]
    assert sizes == [("webp", 160), ("webp", 480), ("webp", 1080), ("jpeg", 1080)]
    for item in photo.variants:
        content = storages["default"].open(item["key"]).read()
        assert len(content) == item["bytes"]
        assert b"Kossi" not in content
        picture = Image.open(io.BytesIO(content))
        assert not picture.getexif()
        assert picture.size == (item["width"], item["height"])
    row.refresh_from_db()
    assert row.photo_count == 1


def test_a_small_picture_is_not_enlarged(kossi):
    row = make.listing(kossi.user)
    photo = add(row, kossi, make.upload(kossi.user, make.jpeg(300, 200)))
    assert [item["width"] for item in photo.variants] == [160, 300, 300]


def test_the_same_upload_again_is_the_same_photo(kossi):
    row = make.listing(kossi.user)
    upload = make.upload(kossi.user)
    assert add(row, kossi, upload).pk == add(row, kossi, upload).pk
    assert ListingPhoto.objects.count() == 1


def test_an_upload_belongs_to_one_listing(kossi):
    upload = make.upload(kossi.user)
    add(make.listing(kossi.user), kossi, upload)
    with pytest.raises(UploadNotWhole):
        add(make.listing(kossi.user), kossi, upload)


def test_anothers_upload_or_listing_is_not_found(kossi):
    other = make.landlord("Rachid Bio")
    row = make.listing(kossi.user)
    with pytest.raises(NotFound):
        add(row, kossi, make.upload(other))
    with pytest.raises(NotFound):
        add_photo(
            listing_id=row.pk,
            actor=other,
            upload_id=make.upload(other).pk,
            now=clock.now(),
        )
    assert not ListingPhoto.objects.exists()


def test_a_new_photo_sends_a_published_listing_to_review(kossi):
    row = make.published(kossi.user)
    photo = add(row, kossi, make.upload(kossi.user))
    row.refresh_from_db()
    assert (row.status, row.photo_count) == (Listing.Status.SUBMITTED, 2)
    assert photo.position == 2
    with pytest.raises(ListingNotEditable):
        add(row, kossi, make.upload(kossi.user))


def test_removing_a_photo_twice_is_harmless(kossi):
    row = make.listing(kossi.user)
    photo = add(row, kossi, make.upload(kossi.user))
    for _ in range(2):
        remove_photo(
            listing_id=row.pk,
            actor=kossi.user,
            photo_id=photo.pk,
            now=clock.now(),
        )
    row.refresh_from_db()
    assert row.photo_count == 0
