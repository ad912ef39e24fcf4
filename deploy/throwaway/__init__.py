"""A whole platform that lives as long as a test or a measurement, then is gone.

Its own database (cloned from a prepared template), its own Redis, its own ports, files
and simulator; the same command lines as ``make run``. Needs the servers of
``make up`` (or existing ones) and the virtual environment.
"""
