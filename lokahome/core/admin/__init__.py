"""The back-office's base, and the pages of the ground's own tables."""

from lokahome.core.admin import pages as pages  # isort: skip
from lokahome.core.admin import jobs as jobs  # isort: skip
