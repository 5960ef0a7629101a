"""Whose reply it is"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expert_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("pinned", sa.Text(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learned_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["expert_id"], ["expert.id"], name=op.f("fk_expert_alias_expert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_alias")),
        sa.UniqueConstraint("expert_id", "address", name=op.f("uq_expert_alias_expert_id_address")),
    )
    with op.batch_alter_table("expert_alias") as batch_op:
        batch_op.create_index(batch_op.f("ix_expert_alias_expert_id"), ["expert_id"], unique=False)

    op.create_table(
        "sender_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("decision", sa.String(length=24), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_rule")),
        sa.UniqueConstraint("address", name=op.f("uq_sender_rule_address")),
    )

    # columns are added as they are, not by copying the table: both databases can do that, and a large one stays quick
    op.add_column("expert", sa.Column("pinned", sa.Text(), nullable=False, server_default=""))
    op.add_column("delivery", sa.Column("exposed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("inbound_message", sa.Column("dated", sa.String(length=100), nullable=False, server_default=""))
    op.add_column("inbound_message", sa.Column("authentication", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_inbound_message_words_digest", "inbound_message", ["words_digest"], unique=False)
