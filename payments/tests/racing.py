"""What races about money share: what came of them, and protections switched off."""

from contextlib import contextmanager

import pytest

from payments.models import JournalEntry

ROUNDS, TRIES = 3, 5


def failures(results):
    return [item for item in results if isinstance(item, BaseException)]


def entries(kind):
    return JournalEntry.objects.filter(kind=kind).count()


def unlocked(queryset, pk):
    return queryset.get(pk=pk)


@contextmanager
def without(*taken):
    """Switch protections off: (module, name, replacement) each."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, replacement in taken:
            patch.setattr(module, name, replacement)
        yield
