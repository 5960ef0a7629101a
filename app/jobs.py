"""The names of background jobs. A job is a name and a row's id: the row is the truth, the job a doorbell."""

from collections.abc import Callable

DELIVER = "deliver"  # a Delivery
PROCESS = "process"  # an InboundMessage to a genuine reply address
PROCESS_OTHER = "process-other"  # any other: a flood of bounces, or of mail from strangers, keeps no expert waiting
PUBLISH = "publish"  # a Question
SWEEP = "sweep"  # everything that stood too long; rung by the clock, its id is 0

QUEUES = {DELIVER: "mail", PROCESS: "capture", PUBLISH: "capture", PROCESS_OTHER: "default", SWEEP: "default"}

Bell = Callable[[str, int], None]
"""Rings the worker: (job name, row id). It may fail to; the sweep rings again."""
