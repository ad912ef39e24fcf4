"""Tables of the app, one module a noun."""

from marketplace.models.categories import ServiceCategory
from marketplace.models.jobs import Job, JobPhoto
from marketplace.models.providers import ProviderProfile, ProviderSkill
from marketplace.models.quotes import Quote, QuoteLine
from marketplace.models.requests import ServiceRequest
from marketplace.models.reviews import Review

__all__ = [
    "Job",
    "JobPhoto",
    "ProviderProfile",
    "ProviderSkill",
    "Quote",
    "QuoteLine",
    "Review",
    "ServiceCategory",
    "ServiceRequest",
]
