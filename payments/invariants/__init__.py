"""What must always hold about money: each claim with the query that would refute it.

Numbers (I1 …) are those of the reliability contract in docs/architecture.md.
"""

from payments.invariants import charges, escrows, ledger, transfers

__all__ = ["charges", "escrows", "ledger", "transfers"]
