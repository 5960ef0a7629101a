"""The names of background jobs. A job is a name and a row's id: the row is the truth, the job a doorbell."""

from collections.abc import Callable

DELIVER = "deliver"  # a Delivery
PROCESS = "process"  # an InboundMessage to a genuine reply address
PROCESS_OTHER = "process-other"  # any other: a flood of bounces, or of mail from strangers, keeps no expert waiting
PUBLISH = "publish"  # a Question
WISH = "wish"  # a Wish: what a form asked for
SEND_ISSUE = "send-issue"  # an Issue: freeze it where it is due, then send of it for a while
SWEEP = "sweep"  # everything that stood too long; rung by the clock, its id is 0

QUEUES = {
    DELIVER: "mail",
    PROCESS: "capture",
    PUBLISH: "capture",
    PROCESS_OTHER: "default",
    WISH: "default",
    SEND_ISSUE: "digest",
    SWEEP: "default",
}

Bell = Callable[[str, int], None]
"""Rings the worker: (job name, row id). It may fail to; the sweep rings again."""
