"""Services in the back-office."""

from marketplace.admin import jobs as jobs
from marketplace.admin import providers as providers
from marketplace.admin import requests as requests
from marketplace.admin import reviews as reviews
