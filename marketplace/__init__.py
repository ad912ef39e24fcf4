"""Tradespeople: requests, quotes, jobs, reviews, disputes.

An empty shell that holds the app's place in the stack; its first rooms come with the
issue that brings the service marketplace.
"""
