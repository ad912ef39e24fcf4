"""The demo journey: a home in Cotonou is listed, let and paid for, from outside.

Drives a running platform over HTTP as its apps would; imports nothing of Django.
"""
