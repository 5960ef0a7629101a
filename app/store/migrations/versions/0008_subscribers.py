"""Subscribers and suppressions"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("frequency", sa.String(length=24), nullable=False),
        sa.Column("takes_all", sa.Boolean(), nullable=False),
        sa.Column("consent_version", sa.String(length=20), nullable=False),
        sa.Column("consent_source", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_because", sa.String(length=24), nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("new_address", sa.String(length=320), nullable=True),
        sa.Column("soft_bounces", sa.Float(), nullable=False),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("address", name=op.f("uq_subscriber_address")),
    )
    op.create_index("ix_subscriber_state_frequency", "subscriber", ["state", "frequency", "id"], unique=False)
    for chosen in ("topic", "expert", "question"):
        op.create_table(
            f"subscriber_{chosen}",
            sa.Column("subscriber_id", sa.Integer(), nullable=False),
            sa.Column(f"{chosen}_id", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(
                ["subscriber_id"],
                ["subscriber.id"],
                name=op.f(f"fk_subscriber_{chosen}_subscriber_id"),
                ondelete="CASCADE",
            ),
            sa.ForeignKeyConstraint(
                [f"{chosen}_id"], [f"{chosen}.id"], name=op.f(f"fk_subscriber_{chosen}_{chosen}_id")
            ),
            sa.PrimaryKeyConstraint("subscriber_id", f"{chosen}_id", name=op.f(f"pk_subscriber_{chosen}")),
        )
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("digest", name=op.f("uq_suppression_digest")),
    )
    for table in ("delivery", "event"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("subscriber_id", sa.Integer(), nullable=True))
            batch_op.create_index(batch_op.f(f"ix_{table}_subscriber_id"), ["subscriber_id"], unique=False)
            batch_op.create_foreign_key(
                batch_op.f(f"fk_{table}_subscriber_id"), "subscriber", ["subscriber_id"], ["id"]
            )
