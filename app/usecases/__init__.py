"""What Mailbag does: one function for each verb."""
