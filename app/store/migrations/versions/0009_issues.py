"""Issues of the digest and the ledger of their copies"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _when(name: str, *, optional: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=optional)


def upgrade() -> None:
    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("frequency", sa.String(length=24), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("introduction", sa.Text(), nullable=False),
        _when("since"),
        _when("until"),
        _when("made_at"),
        _when("sends_at", optional=True),
        _when("frozen_at", optional=True),
        _when("sent_at", optional=True),
        _when("paused_at", optional=True),
        sa.Column("pause_reason", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sa.UniqueConstraint("frequency", "period", name=op.f("uq_issue_frequency_period")),
        sa.UniqueConstraint("frequency", "number", name=op.f("uq_issue_frequency_number")),
    )
    op.create_index("ix_issue_state", "issue", ["state"], unique=False)
    op.create_table(
        "issue_item",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_issue_item_issue_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_issue_item_question_id")),
        sa.PrimaryKeyConstraint("issue_id", "question_id", name=op.f("pk_issue_item")),
    )
    op.create_table(
        "issue_variant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("pattern", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_issue_variant_issue_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_variant")),
        sa.UniqueConstraint("issue_id", "selection", name=op.f("uq_issue_variant_issue_id_selection")),
    )
    _create_ledger()
    op.create_table(
        "pace",
        sa.Column("domain", sa.String(length=255), nullable=False),
        _when("free_at"),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_pace")),
    )
    with op.batch_alter_table("event") as batch_op:
        batch_op.add_column(sa.Column("issue_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_event_issue_id"), ["issue_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_event_issue_id"), "issue", ["issue_id"], ["id"])


def _create_ledger() -> None:
    op.create_table(
        "issue_copy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("message_key", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _when("due_at"),
        sa.Column("owner", sa.String(length=32), nullable=True),
        _when("claimed_at", optional=True),
        _when("begun_at", optional=True),
        _when("sent_at", optional=True),
        sa.Column("server_said", sa.Text(), nullable=False),
        sa.Column("bounce_kind", sa.String(length=24), nullable=True),
        sa.Column("bounce_reason", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_issue_copy_issue_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["issue_variant.id"], name=op.f("fk_issue_copy_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_copy")),
        sa.UniqueConstraint("issue_id", "subscriber_id", name=op.f("uq_issue_copy_issue_id_subscriber_id")),
    )
    for name, columns in (("queued", ["issue_id", "due_at", "id"]), ("sending", ["issue_id", "claimed_at"])):
        only = sa.text(f"state = '{name}'")
        op.create_index(
            f"ix_issue_copy_{name}", "issue_copy", columns, unique=False, sqlite_where=only, postgresql_where=only
        )
