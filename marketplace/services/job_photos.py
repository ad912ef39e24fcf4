"""Pictures of the work, at its start and at its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotFound, StateConflict
from lokahome.core.files.models import Upload
from lokahome.core.files.pictures import Picture, draw_picture
from lokahome.core.files.uploads import attach_upload
from marketplace.models import Job, JobPhoto
from marketplace.policies import roles_on_job

MOST_PHOTOS = 10
"""Of each moment."""
TAKEN_IN = {
    JobPhoto.Moment.START: (Job.Status.FUNDED, Job.Status.STARTED),
    JobPhoto.Moment.FINISH: (
        Job.Status.STARTED,
        Job.Status.DELIVERED,
        Job.Status.DISPUTED,
    ),
}
"""When pictures of a moment may be added."""


class TooManyJobPhotos(StateConflict):
    """There are as many pictures of this moment as there may be."""

    code = "job.too_many_photos"
    title = gettext_lazy("Dix photos au plus par moment")


class NoPhotoNow(StateConflict):
    """The job's state takes no picture of this moment."""

    code = "job.no_photo_now"
    title = gettext_lazy("Aucune photo ne peut être ajoutée maintenant")


def add_job_photo(
    *, job_id: UUID, person: User, upload_id: UUID, moment: str, now: datetime
) -> JobPhoto:
    """Attach a whole upload as a picture of the job; the same upload again is it.

    Any party may add one. Draws it first, outside any transaction. Raises NotFound,
    NoPhotoNow, TooManyJobPhotos, UploadNotWhole, NotAnImage, ImageTooLarge. Locks the
    job.
    """
    drawn = draw(job_id=job_id, person=person, upload_ids=[upload_id])
    with transaction.atomic():
        job = locked(Job.objects.visible_to(person), job_id)
        return attach(job, person, drawn, moment)[0]


def draw(
    *, job_id: UUID, person: User, upload_ids: Sequence[UUID]
) -> dict[UUID, Picture | None]:
    """Draw the uploads of *person*; None for those that are pictures of the job already.

    Call it outside any transaction. Raises NotFound for another's job or upload,
    UploadNotWhole, NotAnImage, ImageTooLarge.
    """
    if not Job.objects.visible_to(person).filter(pk=job_id).exists():
        raise NotFound
    drawn: dict[UUID, Picture | None] = {}
    for upload_id in dict.fromkeys(upload_ids):
        known = JobPhoto.objects.filter(upload_id=upload_id, job_id=job_id)
        if known.filter(taken_by=person).exists():
            drawn[upload_id] = None
            continue
        upload = Upload.objects.visible_to(person).filter(pk=upload_id).first()
        if upload is None:
            raise NotFound
        drawn[upload_id] = draw_picture(upload, folder=f"jobs/{job_id.hex}")
    return drawn


def attach(
    job: Job, person: User, drawn: dict[UUID, Picture | None], moment: str
) -> list[JobPhoto]:
    """Keep what was drawn as pictures of the locked *job*, in order.

    Raises NotFound for a stranger, NoPhotoNow, TooManyJobPhotos, UploadNotWhole.
    """
    if not roles_on_job(person, job):
        raise NotFound
    photos = []
    for upload_id, picture in drawn.items():
        known = job.photos.filter(upload_id=upload_id).first()
        if known is None:
            known = _attach(job, person, upload_id, picture, moment)
        photos.append(known)
    return photos


def _attach(
    job: Job, person: User, upload_id: UUID, picture: Picture | None, moment: str
) -> JobPhoto:
    if picture is None:
        raise NotFound
    if job.status not in TAKEN_IN[JobPhoto.Moment(moment)]:
        raise NoPhotoNow
    taken = job.photos.filter(moment=moment)
    if taken.count() >= MOST_PHOTOS:
        raise TooManyJobPhotos
    attach_upload(upload_id=upload_id, owner_id=person.pk, kind=Upload.Kind.PHOTO)
    photo = JobPhoto(
        job=job,
        upload_id=upload_id,
        taken_by=person,
        moment=moment,
        position=(taken.aggregate(last=Max("position"))["last"] or 0) + 1,
        width=picture.width,
        height=picture.height,
        variants=picture.variants,
    )
    photo.save()
    return photo
