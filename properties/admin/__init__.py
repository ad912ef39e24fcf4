"""Homes in the back-office."""

from properties.admin import homes as homes
from properties.admin import leases as leases
from properties.admin import listings as listings
from properties.admin import mandates as mandates
from properties.admin import tickets as tickets
