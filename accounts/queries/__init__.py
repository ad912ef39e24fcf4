"""Reads about people that other apps need, by id and at the moment of use."""
