"""Who may do what: pure predicates over plain values."""
