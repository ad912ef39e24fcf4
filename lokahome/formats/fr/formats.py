"""``23 novembre 2026 à 11:59``: Django's own French leaves the « à » out."""

DATETIME_FORMAT = r"j F Y \à H:i"
SHORT_DATETIME_FORMAT = r"j b \à H:i"
