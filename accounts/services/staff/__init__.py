"""The staff: groups, the second factor, the broken glass."""
