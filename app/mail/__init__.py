"""Mail as bytes: addresses, messages, SMTP, and what comes back. Knows nothing of databases and the web."""
