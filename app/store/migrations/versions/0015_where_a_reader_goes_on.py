"""Where a reader goes on who changed how often, or pauses"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("had_until", "changed_at"):
        op.add_column("subscriber", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
