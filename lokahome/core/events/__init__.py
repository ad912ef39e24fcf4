"""Facts between apps: a transactional outbox (docs/adr: outbox and Celery's part)."""
