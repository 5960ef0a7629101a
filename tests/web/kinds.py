"""For tests of what pages look like: no database makes a difference there, so one is enough."""

import pytest

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
