"""Use cases of people: codes, profile, hats, cases, staff groups."""
