"""The index of what is printed"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
    )
    op.execute("insert into edition (id, number) values (1, 1)")
    op.create_table(
        "indexed_letter",
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_indexed_letter")),
    )
    op.create_table(
        "indexed_word",
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_indexed_word")),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("create virtual table letter_index using fts5 (question, answer, tokenize = 'unicode61')")
    else:
        op.execute("create table letter_index (question_id integer primary key, terms tsvector not null)")
        op.execute("create index ix_letter_index_terms on letter_index using gin (terms)")
