"""The project package: it wires the five apps together (see docs/architecture.md).

Celery's application is made here, as its documentation asks, so that it is the current
one in every process: the relay and the back-office publish too, not the worker alone.
"""

from lokahome.celery import app as celery_app

__all__ = ["celery_app"]
