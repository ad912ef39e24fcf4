"""Adapters to what carries words. No model and no setting inside."""
