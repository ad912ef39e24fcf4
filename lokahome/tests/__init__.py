"""Tests of the ground and of the whole; and what the tests of every app share."""
