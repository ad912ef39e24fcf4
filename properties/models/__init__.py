"""Tables of the app, one module a noun."""

from properties.models.applications import Application
from properties.models.homes import Property, Unit
from properties.models.leases import Lease, LeaseSignature
from properties.models.listing_parts import EntryCost, ListingPhoto
from properties.models.listings import Listing
from properties.models.mandates import MANDATE_STATES, Mandate
from properties.models.places import Division, Landmark, Place, PlaceLoad
from properties.models.rent import RentAllocation, RentPayment, RentPeriod
from properties.models.tickets import Ticket, TicketPhoto

__all__ = [
    "MANDATE_STATES",
    "Application",
    "Division",
    "EntryCost",
    "Landmark",
    "Lease",
    "LeaseSignature",
    "Listing",
    "ListingPhoto",
    "Mandate",
    "Place",
    "PlaceLoad",
    "Property",
    "RentAllocation",
    "RentPayment",
    "RentPeriod",
    "Ticket",
    "TicketPhoto",
    "Unit",
]
