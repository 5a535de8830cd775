"""one index of readings, and a small one of those that are held back"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_readings_asset_id_id", table_name="readings")
    op.drop_index("ix_readings_agreement_id_state_sequence", table_name="readings")
    held = sa.text("state != 'accepted'")
    op.create_index(
        "ix_readings_held", "readings", ["agreement_id", "sequence"], sqlite_where=held, postgresql_where=held
    )


def downgrade() -> None:
    op.drop_index("ix_readings_held", table_name="readings")
    op.create_index(
        "ix_readings_agreement_id_state_sequence", "readings", ["agreement_id", "state", "sequence"], unique=False
    )
    op.create_index("ix_readings_asset_id_id", "readings", ["asset_id", "id"], unique=False)
