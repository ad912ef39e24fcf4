"""Tradespeople: categories, providers, requests, quotes, jobs and reviews."""
