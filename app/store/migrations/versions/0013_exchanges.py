"""Letters that go on, notes on corrections, and what a column says of its experts"""

import sqlalchemy as sa
from alembic import op

from app.store import index

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # in the words of SQL: both databases take the column with its constraint, and none has to copy the table
    op.execute(
        "alter table question add column follows_id integer constraint fk_question_follows_id references question (id)"
    )
    op.create_index(op.f("ix_question_follows_id"), "question", ["follows_id"])
    op.add_column("revision", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.add_column("expert", sa.Column("credentials", sa.String(length=200), nullable=False, server_default=""))
    op.add_column("expert", sa.Column("about", sa.Text(), nullable=False, server_default=""))
    op.add_column("expert", sa.Column("portrait", sa.LargeBinary(), nullable=True))
    op.add_column("expert", sa.Column("portrait_digest", sa.String(length=64), nullable=False, server_default=""))
    index.renew_all(op.get_bind())  # not in 0007, which made the index: it is written from the tables as they are now
