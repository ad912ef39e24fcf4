"""The journey, in order."""

from __future__ import annotations

from deploy.demo.journey import Step
from deploy.demo.steps.cancelling import cancel_in_time
from deploy.demo.steps.checking import (
    both_books_agree,
    documents_are_genuine,
    strangers_see_nothing,
)
from deploy.demo.steps.entrusting import entrust, open_agencies, take_back
from deploy.demo.steps.finding import found_first, pictures_betray_nothing
from deploy.demo.steps.leasing import accept, apply, sign
from deploy.demo.steps.leaving import ask_to_be_forgotten, take_a_copy
from deploy.demo.steps.listing import draw_photos, register_home, submit
from deploy.demo.steps.moderating import publish
from deploy.demo.steps.paying import (
    pay_and_be_declined,
    pay_first_rent,
    pay_without_webhook,
)
from deploy.demo.steps.paying_out import pay_out
from deploy.demo.steps.proving import prove_who_they_are
from deploy.demo.steps.reclaiming import throw_out_a_number
from deploy.demo.steps.repairing import (
    approve,
    ask_for_quotes,
    do_the_work,
    fund,
    report_leak,
    tradespeople_sign_up,
)
from deploy.demo.steps.securing import sign_in_from_elsewhere
from deploy.demo.steps.signing_up import sign_everybody_up
from deploy.demo.steps.suspending import suspend_and_appeal
from deploy.demo.steps.talking import talk
from deploy.demo.steps.telling import everybody_was_told_once

STEPS: tuple[tuple[str, Step], ...] = (
    ("landlord, tenant and a stranger sign up by SMS code", sign_everybody_up),
    ("the landlord registers a home near a landmark", register_home),
    ("the landlord uploads three photographs", draw_photos),
    ("the landlord submits the listing", submit),
    ("a moderator publishes it in the admin", publish),
    ("the tenant finds it, first near the landmark", found_first),
    ("served pictures hold no position", pictures_betray_nothing),
    ("they chat; one loses the network and misses nothing", talk),
    ("the tenant applies", apply),
    ("the landlord accepts and sends the lease", accept),
    ("both sign the lease", sign),
    ("first rent, by MTN push", pay_first_rent),
    ("second payment, whose webhook never arrives", pay_without_webhook),
    ("third payment, declined on the phone", pay_and_be_declined),
    ("receipt and quittance, checked by their QR pages", documents_are_genuine),
    ("two plumbers sign up near the home", tradespeople_sign_up),
    ("a plumber's papers are checked, a blur until asked for", prove_who_they_are),
    ("a leak: the tenant reports it, the landlord will pay", report_leak),
    ("two quotes, one accepted", ask_for_quotes),
    ("the job is paid, the money is held", fund),
    ("started and finished by code, photographed", do_the_work),
    ("approved: the job is closed, the ticket resolved", approve),
    ("the plumber is paid out, approved by a second person", pay_out),
    ("the plumber on another phone: a SIM is not a person", sign_in_from_elsewhere),
    ("another job is cancelled in time and paid back", cancel_in_time),
    ("two agencies open; one invites a colleague by phone", open_agencies),
    ("the home is entrusted to both; neither sees the other", entrust),
    ("the landlord takes it back", take_back),
    ("another landlord is suspended, appeals, and is back", suspend_and_appeal),
    ("a stranger takes a copy of everything about them", take_a_copy),
    ("and asks to be forgotten, then stays", ask_to_be_forgotten),
    ("a thief adds a number to an account; it is thrown out", throw_out_a_number),
    ("everybody was told, each fact once", everybody_was_told_once),
    ("a stranger sees nothing of it", strangers_see_nothing),
    ("the ledger holds, and equals the gateway's own book", both_books_agree),
)
