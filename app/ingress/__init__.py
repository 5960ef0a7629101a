"""The doors that mail comes in by. A door takes bytes and an envelope, has them committed, and answers."""
