"""The IMAP door: fetches mail from an ordinary mailbox. How far it came is in the database, never in flags."""
