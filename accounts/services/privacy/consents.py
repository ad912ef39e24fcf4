"""Agreeing to a purpose, and taking it back: one is as easy as the other."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.models import Consent, User
from accounts.models.consent_purposes import CONSENT_TEXTS
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import StateConflict


class ConsentTextChanged(StateConflict):
    """The text is not the one that is put to people now: show it, then ask again."""

    code = "consent.text_changed"
    title = gettext_lazy("Ce texte a changé : relisez-le")


@transaction.atomic
def give_word(
    *,
    user: User,
    purpose: str,
    text_version: str,
    is_granted: bool,
    now: datetime,
    source: str = Consent.Source.APP.value,
) -> Consent:
    """Write down that *user* agrees to *purpose*, or takes it back; return the row.

    Saying the same again writes nothing. To agree, *text_version* has to be the one that
    is put to people now: raises ConsentTextChanged. Taking back is never refused. Locks
    the person.
    """
    person = locked(User.objects.get_queryset().active(), user.pk)
    if is_granted and CONSENT_TEXTS[purpose].version != text_version:
        raise ConsentTextChanged
    last = Consent.objects.filter(user=person, purpose=purpose).order_by("-id").first()
    if last and (last.is_granted, last.text_version) == (is_granted, text_version):
        return last
    consent = Consent(
        user=person,
        purpose=purpose,
        text_version=text_version,
        is_granted=is_granted,
        source=Consent.Source(source),
        created_at=now,
    )
    consent.save()
    record(
        "consent.given" if is_granted else "consent.taken_back",
        subject=f"consent:{consent.pk}",
        actor_id=person.pk,
        details={"purpose": purpose, "text_version": text_version},
    )
    return consent


def consents_of(user_id: UUID) -> list[dict[str, object]]:
    """Return every purpose in order, its text of today and the person's word for it.

    ``[{"purpose", "title", "text", "text_version", "is_granted"}]``: who agreed to an
    older text has not agreed to this one.
    """
    latest = Consent.objects.filter(user_id=user_id).last_words()
    words = {word.purpose: word for word in latest}
    return [
        {
            "purpose": purpose,
            "title": text.purpose.label,
            "text": text.text,
            "text_version": text.version,
            "is_granted": purpose in words
            and words[purpose].is_granted
            and words[purpose].text_version == text.version,
        }
        for purpose, text in CONSENT_TEXTS.items()
    ]


def has_consent(user_id: UUID, purpose: str) -> bool:
    """Say whether the person agrees to *purpose* in the words of today."""
    found = consents_of(user_id)
    return any(item["purpose"] == purpose and item["is_granted"] for item in found)
