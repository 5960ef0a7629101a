"""The background worker: Celery's application, its jobs, and its clock."""
