"""Who did what: append-only rows, personal values apart so that they can be erased."""
