"""Earlier mails are found by their Message-ID"""

from alembic import op

revision = "0013"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_inbound_message_message_id", "inbound_message", ["message_id"], unique=False, postgresql_using="hash"
    )
