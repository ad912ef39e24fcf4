"""People: who somebody is, how they sign in, what they may be, what staff decides."""
