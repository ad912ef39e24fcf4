"""English says everything that French says, and both are in step with the code."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from lokahome.core.management.commands.makemessages import typeset
from lokahome.tests.language import po
from lokahome.tests.language.conftest import LOCALE, NAME

HOW = "run `python manage.py makemessages`, then translate locale/en"
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}")
SAME_IN_BOTH = frozenset(
    {"Chambre-salon", "Commission", "Description", "Document", "Entrée-coucher"}
    | {"Mobile money %(operator)s", "Photo %(number)s", "Photos", "SYSCOHADA"}
    | {"Signatures", "Studio", "Total", "Type", "Villa", "Webhook %s"}
    | {"arrondissement", "chambre salon Cadjèhoun", "code", "commune", "division"}
    | {"message", "occupants", "point", "surface (m²)", "version"}
    | {"divisions", "document", "photo", "photos", "signature", "signatures"}
    | {"Conversation", "Conversations", "Danger", "Discrimination", "Message"}
    | {"Messages", "Services", "base", "conversation", "conversations", "danger"}
    | {"description", "messages", "moment", "note", "occupant", "participant"}
    | {"participants", "total", "m²", "%s."}
    | {"Active", "Obstacles", "Profession", "Restriction", "Sanctions", "Sessions"}
    | {"Suspension", "Table", "[date]", "agent", "obstacles", "sanction"}
    | {"sanctions", "session", "sessions"}
)


def test_every_message_of_the_code_is_in_the_catalogues(extracted, english):
    wanted = {message.key for message in po.read(extracted / "en" / NAME)}
    known = {message.key for message in english}
    assert not wanted - known, HOW
    assert not known - wanted, HOW


def test_the_french_catalogue_is_derived_from_the_sources(extracted, french_catalogue):
    derived = po.read(extracted / "fr" / NAME)
    assert {message.key: message.translations for message in french_catalogue} == {
        message.key: message.translations for message in derived
    }, HOW


def test_every_message_is_in_english(english):
    assert [m.sources[0] for m in english if not all(m.translations)] == []


def test_no_translation_is_a_guess(english, french_catalogue):
    assert [m.sources[0] for m in english + french_catalogue if "fuzzy" in m.flags] == (
        []
    )


def test_both_languages_have_the_same_values_to_fill_in(english, french_catalogue):
    for message in english + french_catalogue:
        wanted = sorted(PLACEHOLDER.findall(message.sources[-1]))
        for text in filter(None, message.translations):
            assert sorted(PLACEHOLDER.findall(text)) == wanted, message.sources[0]


def test_no_message_is_left_in_french(english):
    copied = {m.sources[0] for m in english if m.translations[0] == m.sources[0]}
    assert copied <= SAME_IN_BOTH


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_catalogue_holds_nothing_that_changes_by_itself(language):
    text = (LOCALE / language / NAME).read_text("utf-8")
    assert not re.search(r"-Date:|^#~|^#: /|^#: .*\.\w+:\d", text, re.MULTILINE)


def test_no_message_means_something_else_to_django(french_catalogue):
    """An untranslated source is looked up in Django's catalogues too: "File"."""
    for message in french_catalogue:
        if not message.context:
            assert translation.gettext(message.sources[0]) == typeset(
                message.sources[0]
            )


def test_zero_is_singular_in_french_and_plural_in_english():
    def found(count):
        words = ("%(count)s logement trouvé", "%(count)s logements trouvés")
        return translation.ngettext(*words, count) % {"count": count}

    assert [found(0), found(1), found(2)] == [
        "0 logement trouvé",
        "1 logement trouvé",
        "2 logements trouvés",
    ]
    with translation.override("en"):
        assert [found(0), found(1)] == ["0 homes found", "1 home found"]
