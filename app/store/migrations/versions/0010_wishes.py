"""What forms ask for, until its owner says so"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wish",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("consent_version", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish")),
    )
    op.add_column("subscriber", sa.Column("wish", sa.Text(), nullable=False, server_default=""))
    op.add_column("subscriber", sa.Column("wished_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("suppression", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
