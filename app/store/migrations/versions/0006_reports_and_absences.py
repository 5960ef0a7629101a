"""What a delivery report said, and until when an expert is away"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("bounce_kind", sa.String(length=24), nullable=True))
    op.add_column("delivery", sa.Column("bounce_reason", sa.String(length=24), nullable=False, server_default=""))
    op.create_index(op.f("ix_delivery_address_made_at"), "delivery", ["address", "made_at"])
    op.add_column("assignment", sa.Column("away_until", sa.Date(), nullable=True))
