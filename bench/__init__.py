"""Measurements of Mailbag; each prints a table, and one line of JSON at its end."""
