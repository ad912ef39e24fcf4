"""What this app holds of people, table by table."""

from __future__ import annotations

from django.db.models import Q

from lokahome.core.privacy.holdings import (
    EVERYTHING,
    NOTHING_SAID,
    Holding,
    PersonalData,
    pictures,
    register,
)
from properties.services.parting import settle

CONTRACT = "A contract between two people and what was paid under it: ten years."
HOME = "A home that others asked for, let or live in: its kind, never where exactly."

register(
    PersonalData(
        app="properties",
        settle=settle,
        holdings=(
            Holding(
                model="properties.Property",
                person="landlord_id",
                emptied={
                    "label": NOTHING_SAID,
                    "path_text": "",
                    "street": "",
                    "door_number": "",
                },
                keeps=("pin",),  # blurred by `settle`
                kept=HOME,
            ),
            Holding(
                model="properties.Unit",
                person="landlord_id",
                emptied={"label": NOTHING_SAID},
                kept=HOME,
            ),
            Holding(
                model="properties.ListingPhoto",
                person="listing__landlord_id",
                files=pictures("variants"),
                deleted=True,
            ),
            Holding(
                model="properties.EntryCost",
                person="listing__landlord_id",
                emptied={"note": ""},
                keeps=("rule_id", "rules_version"),
                kept="What entering cost, when somebody asked for the home.",
            ),
            Holding(
                model="properties.Listing",
                person="landlord_id",
                hidden=("search_title",),
                emptied={"description": "", "photo_count": 0},
                keeps=(
                    "slug",
                    "title",
                    "search_title",
                    "currency",
                    "public_point",
                    "review_reason",
                ),
                kept=HOME,
            ),
            Holding(
                model="properties.Application",
                person="tenant_id",
                emptied={"message": ""},
                kept="That somebody asked for the home, and the answer.",
            ),
            Holding(
                model="properties.Application",
                person="landlord_id",
                kept="That somebody asked for the home, and the answer.",
            ),
            Holding(
                model="properties.Application",
                person="landlord_id",
                only=~Q(decision_reason=""),
                emptied={"decision_reason": NOTHING_SAID},
                kept="That somebody asked for the home, and the answer.",
            ),
            *(
                Holding(model=model, person=person, keeps=(EVERYTHING,), kept=CONTRACT)
                for model, person in (
                    ("properties.Lease", "tenant_id"),
                    ("properties.Lease", "landlord_id"),
                    ("properties.LeaseSignature", "person_id"),
                    ("properties.RentPeriod", "lease__tenant_id"),
                    ("properties.RentPeriod", "lease__landlord_id"),
                    ("properties.RentPayment", "payer_id"),
                    ("properties.RentPayment", "lease__landlord_id"),
                    ("properties.RentAllocation", "period__lease__tenant_id"),
                    ("properties.RentAllocation", "period__lease__landlord_id"),
                )
            ),
            Holding(
                model="properties.TicketPhoto",
                person="added_by_id",
                files=pictures("variants"),
                deleted=True,
            ),
            Holding(
                model="properties.Ticket",
                person="opened_by_id",
                emptied={"title": NOTHING_SAID, "description": NOTHING_SAID},
                keeps=("category_slug", "work_ref", "currency"),
                kept="That something was mended under a lease, and who paid.",
            ),
            *(
                Holding(
                    model="properties.Ticket",
                    person=person,
                    only=~Q(**{words: ""}),
                    emptied={words: NOTHING_SAID},
                    kept="That something was mended under a lease, and who paid.",
                )
                for person, words in (
                    ("landlord_id", "decision_reason"),
                    ("tenant_id", "contest_reason"),
                    ("opened_by_id", "close_reason"),
                )
            ),
            Holding(
                model="properties.Mandate",
                person="landlord_id",
                emptied={"end_reason": ""},
                keeps=("rules_version",),
                kept="That an agency acted for the home, and at what fee.",
            ),
        ),
    )
)
