"""French and English as they should be written, by one rule for each habit.

Sources have ordinary spaces before high punctuation; the French catalogue makes them
no-break ones. Text that bypasses gettext may keep the ordinary space in the back-office
and in consoles; what is public or printed writes an entity.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings

from lokahome.core.management.commands.makemessages import SOURCES, typeset

ROOT = Path(settings.BASE_DIR)
NOT_PROSE = {"gsm7.py", "makemessages.py"}
SIMULATORS = "payments/simulators"
"""They answer in a gateway's own words ("transaction") and with its own apostrophes."""
FRENCH = re.compile(r"[àâçèéêëîïôùûœÀÂÇÈÉÊÎÔŒ’«»]|\b(?:[cdjlmnst]|qu)'[a-z]")
"""An accent or an elision: French enough to look at."""
SPACES = " \u00a0\u202f"
WRONG_IN_FRENCH = {
    "a straight apostrophe, write ’": re.compile(r"(?<=\w)'(?=\w)"),
    "no space before high punctuation": re.compile(
        rf"(?<=[\w)’»%]);(?=\s|$)|(?<=[\w)’])[!?»](?=\s|$)|(?<=[^\W\d]):(?=[{SPACES}]|$)"
    ),
    "no space inside guillemets": re.compile(rf"«(?![{SPACES}])|(?<![{SPACES}])»"),
    "English quotation marks": re.compile(r"[“”]|(?<=[\w ])\"(?=[\w ])"),
    "three dots, write …": re.compile(r"\.\.\."),
    "a median point": re.compile(r"\w·\w"),
    "two spaces": re.compile(r"(?<=\S)  (?=\S)"),
}
WRONG_IN_ENGLISH = {
    "a straight quotation mark, write ’ “ ”": re.compile(r"['\"]"),
    "a French space": re.compile(r"\s[;:!?]|[\u00a0\u202f]|[«»]"),
    "three dots, write …": re.compile(r"\.\.\."),
}

# docs/glossary.md has the reasons. A word of the left is refused for the one of the right.
REFUSED_FRENCH = {
    r"payouts?|virements?|retraits?": "versement",
    r"disputes?|plaintes?|réclamations?|conflits?": "litige",
    r"reset|réinitialis\w+": "redemander",
    r"refunds?|rembours\w+ client": "remboursement",
    r"transactions?": "paiement",
    r"contrats?": "bail",
    r"réservations?|bookings?": "candidature",
    r"clients?": "personne, demandeur",
    r"missions?": "prestation",
    r"garanties?|dépôts? de garantie": "caution",
    r"e-?mails?|mails?": "courriel",
    r"login|log-in|OTP|PIN": "connexion, code de connexion",
    r"listings?|posts?": "annonce",
    r"tickets?|alertes?": "dossier",
    r"agrégateurs?|PSP|fournisseurs?": "passerelle",
    r"factures?|échéancier": "période de loyer",
    r"synchronisations?": "rapprochement",
    r"notifications?|callbacks?": "message, webhook reçu",
    r"artisans?|vendeurs?|pros?": "prestataire",
    r"locateurs?|loueurs?": "propriétaire, bailleur",
}
REFUSED_ENGLISH = {
    r"renters?|lessees?": "tenant",
    r"owners?|lessors?|hosts?": "landlord",
    r"bookings?": "application",
    r"contracts?|agreements?": "lease",
    r"transactions?": "payment",
    r"customers?|clients?": "person",
    r"invoices?": "rent period",
    r"vendors?|contractors?|pros?": "provider",
    r"(?<!maintenance )(?<!socket )tickets?|alerts?": "case",
    r"adverts?|ads?|posts?": "listing",
    r"logins?|log in|OTP|PIN": "sign in, code",
    r"chargebacks?": "reversal",
    r"bonds?|security deposits?": "deposit",
}


def wrong(text, rules):
    """Return the habits of *rules* that *text* breaks."""
    return [habit for habit, pattern in rules.items() if pattern.search(text)]


def refused(text, words):
    """Return *text*'s words of *words* with what to say instead."""
    return [
        (found[0], instead)
        for pattern, instead in words.items()
        if (found := re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE))
    ]


@cache
def french_literals():
    """Return (where, text) of each French string in the code, docstrings aside."""
    found = []
    for room in SOURCES[:-1]:
        for path in sorted((ROOT / room).rglob("*.py")):
            if {"tests", "migrations", "simulators"} & set(
                path.parts
            ) or path.name in NOT_PROSE:
                continue
            tree = ast.parse(path.read_text("utf-8"))
            statements = {
                id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
            }
            found += [
                (f"{path.relative_to(ROOT)}:{node.lineno}", node.value)
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in statements
                and FRENCH.search(node.value)
            ]
    return found


def raw_text(template):
    """Return *template*'s own words: no tag, no variable, no style."""
    text = re.sub(r"(?s)<style>.*?</style>|<!--.*?-->", "", template)
    text = re.sub(r"(?s)\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|\$\w+", "x", text)
    return unescape(re.sub(r"(?s)<[^>]*>", "\n", text))


def pages():
    """Return the templates that are read as HTML, consoles included."""
    found = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("payments/**/*.html")]
    return sorted(found)


def test_french_is_well_written_in_messages(english):
    broken = [
        (source, habits)
        for message in english
        for source in message.sources
        if (habits := wrong(source, WRONG_IN_FRENCH))
    ]
    assert broken == []


def test_sources_leave_no_break_spaces_to_the_catalogue(english):
    for message in english:
        assert not re.search(r"[\u00a0\u202f]", "".join(message.sources))


def test_french_is_well_written_in_the_code():
    broken = [
        (where, text, habits)
        for where, text in french_literals()
        if (habits := wrong(text, WRONG_IN_FRENCH))
    ]
    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_french_is_well_written_in_pages(page):
    text = raw_text(page.read_text("utf-8"))
    broken = [line for line in text.splitlines() if wrong(line, WRONG_IN_FRENCH)]
    if page.parent.name in {"public", "pdf"}:
        broken += [line for line in text.splitlines() if re.search(r" [;:!?»]", line)]
    assert broken == []


def test_english_is_well_written(english):
    broken = [
        (text, habits)
        for message in english
        for text in message.translations
        if (habits := wrong(text, WRONG_IN_ENGLISH))
    ]
    assert broken == []


def test_french_uses_the_glossarys_words(english):
    said = [source for message in english for source in message.sources]
    said += [text for _, text in french_literals()]
    said += [path.read_text("utf-8") for path in ROOT.glob("templates/sms/*.fr.txt")]
    said += [
        raw_text(page.read_text("utf-8"))
        for page in pages()
        if SIMULATORS not in str(page)
    ]
    assert [
        (text, found) for text in said if (found := refused(text, REFUSED_FRENCH))
    ] == ([])


def test_english_uses_the_glossarys_words(english):
    said = [text for message in english for text in message.translations]
    said += [path.read_text("utf-8") for path in ROOT.glob("templates/sms/*.en.txt")]
    assert [
        (text, found) for text in said if (found := refused(text, REFUSED_ENGLISH))
    ] == []


@pytest.mark.parametrize(
    ("plain", "printed"),
    [
        ("Rien : vérifiez.", "Rien\u202f: vérifiez."),
        ("Vouliez-vous dire « %s » ?", "Vouliez-vous dire «\u202f%s\u202f»\u202f?"),
        ("Entre 100 et %(most)s F CFA.", "Entre 100 et %(most)s\u00a0F\u00a0CFA."),
        ("À 250 m près, n° 3", "À 250\u00a0m près, n°\u00a03"),
        ("On m’a dit", "On m’a dit"),
    ],
)
def test_typography_is_set_where_french_wants_it(plain, printed):
    assert typeset(plain) == printed
    assert typeset(printed) == printed


@pytest.mark.parametrize(
    "text", ["l'annonce", "Rien: non", "Quoi?", "«oui»", "Attendez...", "locataire·s"]
)
def test_the_lint_sees_a_bad_habit(text):
    assert wrong(text, WRONG_IN_FRENCH)
