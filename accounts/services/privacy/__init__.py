"""What a person may ask of us about their data: consents, copies, erasure.

The register looks for ``services.privacy`` in each app: here it is a room, whose tables
and times of keeping are told as soon as it is entered.
"""

from accounts.services.privacy import holdings as holdings
from accounts.services.privacy import refusals as refusals
from accounts.services.privacy import retention as retention
