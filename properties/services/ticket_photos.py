"""Photos of what is broken, from either party."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotFound, StateConflict
from lokahome.core.files.models import Upload
from lokahome.core.files.pictures import draw_picture
from lokahome.core.files.uploads import attach_upload
from properties.models import Ticket, TicketPhoto

MAX_PHOTOS = 10


class TicketOver(StateConflict):
    """The ticket is resolved or closed; its photos stay as they are."""

    code = "ticket.over"
    title = gettext_lazy("Cette demande de réparation est terminée")


class TooManyTicketPhotos(StateConflict):
    """The ticket has as many photos as it may."""

    code = "ticket.too_many_photos"
    title = gettext_lazy("Dix photos au plus")


def add_ticket_photo(*, ticket_id: UUID, person: User, upload_id: UUID) -> TicketPhoto:
    """Attach a whole upload as the ticket's next photo; the same upload again is it.

    Draws and stores the variants first, outside any transaction: that takes a second.
    Raises NotFound, TicketOver, TooManyTicketPhotos, UploadNotWhole, NotAnImage,
    ImageTooLarge. Locks the ticket.
    """
    mine = Ticket.objects.visible_to(person)
    known = TicketPhoto.objects.filter(
        upload_id=upload_id, ticket__in=mine.filter(pk=ticket_id)
    )
    if (photo := known.first()) is not None:
        return photo
    ticket = mine.filter(pk=ticket_id).first()
    upload = Upload.objects.visible_to(person).filter(pk=upload_id).first()
    if ticket is None or upload is None:
        raise NotFound
    _require_live(ticket)
    drawn = draw_picture(upload, folder=f"tickets/{ticket_id.hex}")
    with transaction.atomic():
        ticket = locked(mine, ticket_id)
        if (photo := known.first()) is not None:
            return photo
        _require_live(ticket)
        taken = ticket.photos.count()
        if taken >= MAX_PHOTOS:
            raise TooManyTicketPhotos
        attach_upload(upload_id=upload_id, owner_id=person.pk, kind=Upload.Kind.PHOTO)
        photo = TicketPhoto(
            ticket=ticket,
            upload_id=upload_id,
            added_by=person,
            position=taken + 1,
            width=drawn.width,
            height=drawn.height,
            variants=drawn.variants,
        )
        photo.save()
    return photo


def _require_live(ticket: Ticket) -> None:
    if ticket.status not in Ticket.LIVE_STATES:
        raise TicketOver
