"""Simulators of the gateways: one program, a module a gateway.

They speak the gateways' wire protocols over real HTTP, keep their own append-only book
(the second witness that the ledger is compared with) and can be told to misbehave.
They share no code with the adapters: a mistake of one side must not hide the other's.
Run with ``python -m payments.simulators``; development and tests only.
"""
