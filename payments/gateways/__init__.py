"""Adapters to what moves money: no models and no settings inside."""
