"""Who listens to what, in three lines each."""
