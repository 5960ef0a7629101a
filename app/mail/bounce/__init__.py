"""Reports about mail of ours that did not arrive."""

from app.mail.bounce.report import FailedRecipient, Report, read_report

__all__ = ["FailedRecipient", "Report", "read_report"]
