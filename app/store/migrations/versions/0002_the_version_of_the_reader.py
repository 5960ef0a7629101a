"""Which reader made a revision of a mail

Those that are there were made by the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("revision") as table:
        table.add_column(sa.Column("reader_version", sa.Integer(), nullable=False, server_default="0"))
    op.execute("update revision set reader_version = 1 where inbound_id is not null")
    with op.batch_alter_table("revision") as table:
        table.alter_column("reader_version", server_default=None)
