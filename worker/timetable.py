"""Everything periodic, on one page. What is due is decided by rows, never by when beat happened to ring."""

from app import jobs

SWEEP_EVERY = 5.0  # seconds

TIMETABLE = {
    # expires: after a pause of the worker one sweep is enough, not one for each missed tick
    "sweep": {"task": jobs.SWEEP, "schedule": SWEEP_EVERY, "options": {"expires": SWEEP_EVERY}},
}
