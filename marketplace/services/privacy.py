"""What this app holds of people, table by table."""

from __future__ import annotations

from django.db.models import F, Q

from lokahome.core.privacy.holdings import (
    EVERYTHING,
    NOTHING_SAID,
    Holding,
    PersonalData,
    pictures,
    register,
)
from marketplace.services.parting import settle

WORK = "Work that two people agreed on, its price and its end: ten years."
ASKED = "That something was asked for, near a blurred point."
JUDGED = "The mark, which the other's rating is made of."

register(
    PersonalData(
        app="marketplace",
        settle=settle,
        holdings=(
            Holding(
                model="marketplace.ProviderSkill",
                person="provider__person_id",
                deleted=True,
            ),
            Holding(
                model="marketplace.ProviderProfile",
                person="person_id",
                emptied={
                    "display_name": NOTHING_SAID,
                    "about": "",
                    "base_point": F("public_point"),
                    "area": None,
                    "is_available": False,
                },
                keeps=("public_point", "suspension_reason"),
                kept="Marks that customers gave; a blurred point, shown to nobody.",
            ),
            Holding(
                model="marketplace.ServiceRequest",
                person="requester_id",
                emptied={
                    "title": NOTHING_SAID,
                    "description": "",
                    "directions": "",
                    "point": F("public_point"),
                },
                keeps=("public_point",),
                kept=ASKED,
            ),
            Holding(
                model="marketplace.ServiceRequest",
                person="occupant_id",
                kept=ASKED,
            ),
            Holding(
                model="marketplace.Quote",
                person="provider_id",
                emptied={"note": ""},
                keeps=("currency",),
                kept=WORK,
            ),
            Holding(
                model="marketplace.QuoteLine",
                person="quote__provider_id",
                keeps=(EVERYTHING,),
                kept="What was offered at what price: " + WORK,
            ),
            *(
                Holding(
                    model="marketplace.Job",
                    person=person,
                    keeps=("currency",),
                    kept=WORK,
                )
                for person in ("customer_id", "provider_id", "occupant_id")
            ),
            *(
                Holding(
                    model="marketplace.Job",
                    person=f"{party}_id",
                    only=Q(**{f"{deed}_by": party}) & ~Q(**{words: ""}),
                    emptied={words: NOTHING_SAID},
                    kept=WORK,
                )
                for party in ("customer", "provider")
                for deed, words in (
                    ("disputed", "dispute_reason"),
                    ("cancelled", "ended_reason"),
                )
            ),
            Holding(
                model="marketplace.JobPhoto",
                person="taken_by_id",
                files=pictures("variants"),
                deleted=True,
            ),
            Holding(
                model="marketplace.Review",
                person="author_id",
                emptied={"text": ""},
                kept=JUDGED,
            ),
            Holding(
                model="marketplace.Review",
                person="about_id",
                emptied={"text": ""},
                kept=JUDGED,
            ),
        ),
    )
)
