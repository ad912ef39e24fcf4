"""Photos of listings: an upload in, re-encoded variants out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotFound, StateConflict
from lokahome.core.files.models import Upload
from lokahome.core.files.pictures import draw_picture, forget_picture
from lokahome.core.files.uploads import attach_upload
from properties.models import Listing, ListingPhoto
from properties.services.listing_copies import review_again_if_public
from properties.services.listings import ListingNotEditable

MAX_PHOTOS = 20


class TooManyPhotos(StateConflict):
    """The listing has as many photos as it may."""

    code = "listing.too_many_photos"
    title = gettext_lazy("Vingt photos au plus")


def add_photo(
    *, listing_id: UUID, actor: User, upload_id: UUID, now: datetime
) -> ListingPhoto:
    """Attach a whole upload as the listing's next photo; the same upload again is it.

    Draws and stores the variants first, outside any transaction: that takes a second.
    Raises NotFound, ListingNotEditable, TooManyPhotos, UploadNotWhole, NotAnImage,
    ImageTooLarge. A published listing goes back to review. Locks the listing.
    """
    mine = Listing.objects.steered_by(actor)
    known = ListingPhoto.objects.filter(
        upload_id=upload_id, listing_id=listing_id, listing__in=mine
    )
    if (photo := known.first()) is not None:
        return photo
    listing = mine.filter(pk=listing_id).first()
    upload = Upload.objects.visible_to(actor).filter(pk=upload_id).first()
    if listing is None or upload is None:
        raise NotFound
    _require_editable(listing)
    drawn = draw_picture(upload, folder=f"listings/{listing_id.hex}")
    with transaction.atomic():
        listing = locked(mine, listing_id)
        if (photo := known.first()) is not None:
            return photo
        _require_editable(listing)
        if listing.photo_count >= MAX_PHOTOS:
            raise TooManyPhotos
        attach_upload(upload_id=upload_id, owner_id=actor.pk, kind=Upload.Kind.PHOTO)
        last = listing.photos.aggregate(last=Max("position"))["last"] or 0
        photo = ListingPhoto(
            listing=listing,
            upload_id=upload_id,
            position=last + 1,
            width=drawn.width,
            height=drawn.height,
            variants=drawn.variants,
        )
        photo.save()
        _count(listing, actor, now)
    return photo


@transaction.atomic
def remove_photo(
    *, listing_id: UUID, actor: User, photo_id: UUID, now: datetime
) -> None:
    """Take a photo off; removing it again is harmless. Locks the listing.

    The last photo of a public listing may go: the listing goes to review without it.
    """
    listing = locked(Listing.objects.steered_by(actor), listing_id)
    photo = listing.photos.filter(pk=photo_id).first()
    if photo is None:
        return
    _require_editable(listing)
    keys = [variant["key"] for variant in photo.variants]
    photo.delete()
    _count(listing, actor, now)
    transaction.on_commit(lambda: forget_picture(keys))


def _require_editable(listing: Listing) -> None:
    if listing.status not in Listing.EDITABLE_STATES:
        raise ListingNotEditable


def _count(listing: Listing, actor: User, now: datetime) -> None:
    listing.photo_count = listing.photos.count()
    review_again_if_public(listing, fields={"photo_count"}, now=now, actor=actor)
