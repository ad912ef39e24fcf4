"""Figures of the platform, each measured by one topic: ``python -m bench NAME``.

A topic is a package that says what it aims at (``AIMS``) and measures (``measure``).
"""
