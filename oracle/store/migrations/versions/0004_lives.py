"""the life of a machine: its orders, parts and bookings; everything from the chain is read again to have them"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FROM_THE_CHAIN = (
    "chain_events", "agreements", "offers", "assets", "tariffs", "splits", "balances", "checkpoints", "undo_rows",
    "recent_blocks",
)  # fmt: skip


def upgrade() -> None:
    for table in _FROM_THE_CHAIN:
        op.execute(f"DELETE FROM {table}")
    # What the chain passed over is told again while it is read.
    op.execute("UPDATE readings SET skips = 0, skip_reason = NULL, retry_at = NULL WHERE skips > 0")
    op.add_column("chain_events", sa.Column("order_id", sa.BigInteger(), nullable=True))
    op.add_column("chain_events", sa.Column("parent_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_chain_events_order_id", "chain_events", ["order_id"], unique=False)
    op.create_index("ix_chain_events_parent_id", "chain_events", ["parent_id"], unique=False)
    op.create_table(
        "bookings",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("customer", sa.String(length=42), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bookings"),
    )
    op.create_index("ix_bookings_asset_id_ends", "bookings", ["asset_id", "ends"], unique=False)


def downgrade() -> None:
    op.drop_table("bookings")
    op.drop_index("ix_chain_events_parent_id", table_name="chain_events")
    op.drop_index("ix_chain_events_order_id", table_name="chain_events")
    op.drop_column("chain_events", "parent_id")
    op.drop_column("chain_events", "order_id")
