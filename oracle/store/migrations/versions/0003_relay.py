"""what the relay needs to end every transaction: versions, undo of the read model, a lease"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("batches", sa.Column("mined_hash", sa.String(length=66), nullable=True))
    op.add_column("batch_transactions", sa.Column("head", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("batch_transactions", sa.Column("noop", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "recent_blocks",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_recent_blocks")),
    )
    op.create_table(
        "undo_rows",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("above", sa.BigInteger(), nullable=False),
        sa.Column("table", sa.String(length=24), nullable=False),
        sa.Column("key", sa.JSON(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undo_rows")),
    )
    op.create_index(op.f("ix_undo_rows_above"), "undo_rows", ["above"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("holder", sa.String(length=160), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def downgrade() -> None:
    op.drop_table("leases")
    op.drop_index(op.f("ix_undo_rows_above"), table_name="undo_rows")
    op.drop_table("undo_rows")
    op.drop_table("recent_blocks")
    op.drop_column("batch_transactions", "noop")
    op.drop_column("batch_transactions", "head")
    op.drop_column("batches", "mined_hash")
