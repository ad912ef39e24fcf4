"""Set-up, supervision and the gate of one checkout.

Standard library only: this package runs before the virtual environment exists,
on whichever Python 3.11-3.13 the machine offers. ``python3 -m deploy.local help``.
"""
