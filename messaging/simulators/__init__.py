"""A simulator of the gateway of SMS: a program of its own that speaks Twilio's wire.

It knows nothing of the platform: a mistake of one side must not hide the other's. Its
book, its agenda and its guard are those of the payment simulators. Run with
``python -m messaging.simulators``; development and tests only.
"""
