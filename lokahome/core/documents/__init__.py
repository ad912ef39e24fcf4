"""Numbered, sealed, immutable documents, checked by anybody through a QR code."""
