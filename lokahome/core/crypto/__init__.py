"""Personal data at rest: fields under versioned keys, and digests to find them by."""
