"""Back-office pages of people."""

from accounts.admin import agencies as agencies
from accounts.admin import appeals as appeals
from accounts.admin import cases as cases
from accounts.admin import identities as identities
from accounts.admin import numbers as numbers
from accounts.admin import other_tables as other_tables
from accounts.admin import people as people
from accounts.admin import privacy as privacy
from accounts.admin import roles as roles
from accounts.admin import sanctions as sanctions
from accounts.admin import sessions as sessions
from accounts.admin import sign_in as sign_in
from accounts.admin import staff as staff
