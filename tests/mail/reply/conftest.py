"""Properties here are about words, not about time: a busy machine must not fail them."""

from hypothesis import settings

settings.register_profile("mailbag-reply", deadline=None)
settings.load_profile("mailbag-reply")
