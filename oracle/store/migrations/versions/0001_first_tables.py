"""first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("tariff_id", sa.BigInteger(), nullable=False),
        sa.Column("customer", sa.String(length=42), nullable=False),
        sa.Column("delegate", sa.String(length=42), nullable=True),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("grade_at_opening", sa.Integer(), nullable=False),
        sa.Column("credited", sa.String(length=80), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_elapsed", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.String(length=80), nullable=False),
        sa.Column("hold", sa.String(length=80), nullable=False),
        sa.Column("cap_per_period", sa.String(length=80), nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.Column("spent_in_period", sa.String(length=80), nullable=False),
        sa.Column("period_index", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=True),
        sa.Column("final_accepted", sa.Boolean(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("settled_time", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
    )
    op.create_index(op.f("ix_agreements_asset_id"), "agreements", ["asset_id"], unique=False)
    op.create_index(op.f("ix_agreements_customer"), "agreements", ["customer"], unique=False)
    op.create_table(
        "assets",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=42), nullable=False),
        sa.Column("maker", sa.String(length=42), nullable=False),
        sa.Column("self_declared_by", sa.String(length=42), nullable=True),
        sa.Column("lifecycle", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("title_epoch", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String(length=66), nullable=False),
        sa.Column("serial_hash", sa.String(length=66), nullable=False),
        sa.Column("passport_hash", sa.String(length=66), nullable=False),
        sa.Column("passport_uri", sa.Text(), nullable=False),
        sa.Column("lienholder", sa.String(length=42), nullable=True),
        sa.Column("offer_refusal", sa.String(length=66), nullable=True),
        sa.Column("meter", sa.String(length=42), nullable=True),
        sa.Column("split_id", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("curve", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("permit_signer", sa.String(length=42), nullable=True),
        sa.Column("next_permit_signer", sa.String(length=42), nullable=True),
        sa.Column("next_permit_signer_from", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
    )
    op.create_table(
        "balances",
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("currency", sa.String(length=42), nullable=False),
        sa.Column("amount", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("account", "currency", name=op.f("pk_balances")),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.String(length=42), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.String(length=42), nullable=False),
        sa.Column("calldata", sa.LargeBinary(), nullable=False),
        sa.Column("gas", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("sent_at", sa.Float(), nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.String(length=66), nullable=True),
        sa.Column("gas_used", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("chain_id", "sender", "nonce", name=op.f("uq_batches_chain_id_sender_nonce")),
    )
    op.create_index(op.f("ix_batches_kind_subject"), "batches", ["kind", "subject"], unique=False)
    op.create_index(op.f("ix_batches_stage"), "batches", ["stage"], unique=False)
    op.create_table(
        "chain_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_time", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.Column("contract", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=True),
        sa.Column("agreement_id", sa.BigInteger(), nullable=True),
        sa.Column("split_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.String(length=80), nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_events")),
        sa.UniqueConstraint("block", "log_index", name=op.f("uq_chain_events_block_log_index")),
    )
    op.create_index(op.f("ix_chain_events_agreement_id_name"), "chain_events", ["agreement_id", "name"], unique=False)
    op.create_index(op.f("ix_chain_events_asset_id_name"), "chain_events", ["asset_id", "name"], unique=False)
    op.create_index(op.f("ix_chain_events_split_id_name"), "chain_events", ["split_id", "name"], unique=False)
    op.create_table(
        "checkpoints",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("directory", sa.String(length=42), nullable=False),
        sa.Column("contracts", sa.JSON(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("head_time", sa.BigInteger(), nullable=False),
        sa.Column("observed_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "cycles",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("succeeded_at", sa.Float(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cycles")),
    )
    op.create_table(
        "form_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_requests")),
        sa.UniqueConstraint("digest", name=op.f("uq_form_requests_digest")),
    )
    op.create_table(
        "live_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=True),
        sa.Column("agreement_id", sa.BigInteger(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_events")),
    )
    op.create_index(op.f("ix_live_events_at"), "live_events", ["at"], unique=False)
    op.create_table(
        "offers",
        sa.Column("asset_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tariff_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("exclusive", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=42), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("title_epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "tariff_id", "exclusive", name=op.f("pk_offers")),
    )
    op.create_table(
        "permits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("challenge", sa.LargeBinary(length=32), nullable=False),
        sa.Column("charge_limit", sa.String(length=80), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permits")),
    )
    op.create_index(op.f("ix_permits_agreement_id_id"), "permits", ["agreement_id", "id"], unique=False)
    op.create_table(
        "presences",
        sa.Column("agreement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("start", sa.JSON(), nullable=True),
        sa.Column("start_signature", sa.LargeBinary(), nullable=True),
        sa.Column("stopped_by", sa.String(length=42), nullable=True),
        sa.Column("stopped_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_presences")),
    )
    op.create_table(
        "readings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("register0", sa.BigInteger(), nullable=False),
        sa.Column("register1", sa.BigInteger(), nullable=False),
        sa.Column("register2", sa.BigInteger(), nullable=False),
        sa.Column("register3", sa.BigInteger(), nullable=False),
        sa.Column("odometer", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("telemetry_root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("stop_reason", sa.String(length=24), nullable=True),
        sa.Column("elapsed", sa.BigInteger(), nullable=False),
        sa.Column("charge", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("telemetry", sa.String(length=12), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("skips", sa.Integer(), nullable=False),
        sa.Column("skip_reason", sa.String(length=24), nullable=True),
        sa.Column("retry_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
        sa.UniqueConstraint(
            "agreement_id", "sequence", "digest", name=op.f("uq_readings_agreement_id_sequence_digest")
        ),
    )
    op.create_index(
        op.f("ix_readings_agreement_id_state_sequence"), "readings", ["agreement_id", "state", "sequence"], unique=False
    )
    op.create_index(op.f("ix_readings_asset_id_id"), "readings", ["asset_id", "id"], unique=False)
    op.create_table(
        "sign_in_nonces",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_sign_in_nonces")),
    )
    op.create_index(op.f("ix_sign_in_nonces_expires_at"), "sign_in_nonces", ["expires_at"], unique=False)
    op.create_table(
        "sign_in_sessions",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_sessions")),
    )
    op.create_index(op.f("ix_sign_in_sessions_expires_at"), "sign_in_sessions", ["expires_at"], unique=False)
    op.create_table(
        "splits",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("controller", sa.String(length=42), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("payees", sa.JSON(), nullable=False),
        sa.Column("currencies", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_splits")),
    )
    op.create_index(op.f("ix_splits_account"), "splits", ["account"], unique=False)
    op.create_table(
        "statuses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("fault_code", sa.Integer(), nullable=False),
        sa.Column("odometer", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statuses")),
        sa.UniqueConstraint("asset_id", "sequence", "digest", name=op.f("uq_statuses_asset_id_sequence_digest")),
    )
    op.create_table(
        "tariffs",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("publisher", sa.String(length=42), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariffs")),
    )
    op.create_table(
        "batch_readings",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reading_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_readings_batch_id")),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name=op.f("fk_batch_readings_reading_id")),
        sa.PrimaryKeyConstraint("batch_id", "reading_id", name=op.f("pk_batch_readings")),
    )
    op.create_index(op.f("ix_batch_readings_reading_id"), "batch_readings", ["reading_id"], unique=False)
    op.create_table(
        "batch_transactions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("max_fee", sa.String(length=80), nullable=False),
        sa.Column("tip", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_transactions_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_transactions")),
        sa.UniqueConstraint("hash", name=op.f("uq_batch_transactions_hash")),
    )
    op.create_index(op.f("ix_batch_transactions_batch_id"), "batch_transactions", ["batch_id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reading_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.Column("resolution", sa.String(length=12), nullable=True),
        sa.Column("resolved_at", sa.Float(), nullable=True),
        sa.Column("resolved_by", sa.String(length=120), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name=op.f("fk_quarantine_reading_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(
        op.f("ix_quarantine_agreement_id_resolution"), "quarantine", ["agreement_id", "resolution"], unique=False
    )
    op.create_table(
        "telemetry",
        sa.Column("reading_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("sample", sa.JSON(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name=op.f("fk_telemetry_reading_id")),
        sa.PrimaryKeyConstraint("reading_id", "position", name=op.f("pk_telemetry")),
    )
    op.create_index(op.f("ix_telemetry_asset_id_reading_id"), "telemetry", ["asset_id", "reading_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_telemetry_asset_id_reading_id"), table_name="telemetry")
    op.drop_table("telemetry")
    op.drop_index(op.f("ix_quarantine_agreement_id_resolution"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_index(op.f("ix_batch_transactions_batch_id"), table_name="batch_transactions")
    op.drop_table("batch_transactions")
    op.drop_index(op.f("ix_batch_readings_reading_id"), table_name="batch_readings")
    op.drop_table("batch_readings")
    op.drop_table("tariffs")
    op.drop_table("statuses")
    op.drop_index(op.f("ix_splits_account"), table_name="splits")
    op.drop_table("splits")
    op.drop_index(op.f("ix_sign_in_sessions_expires_at"), table_name="sign_in_sessions")
    op.drop_table("sign_in_sessions")
    op.drop_index(op.f("ix_sign_in_nonces_expires_at"), table_name="sign_in_nonces")
    op.drop_table("sign_in_nonces")
    op.drop_index(op.f("ix_readings_asset_id_id"), table_name="readings")
    op.drop_index(op.f("ix_readings_agreement_id_state_sequence"), table_name="readings")
    op.drop_table("readings")
    op.drop_table("presences")
    op.drop_index(op.f("ix_permits_agreement_id_id"), table_name="permits")
    op.drop_table("permits")
    op.drop_table("offers")
    op.drop_index(op.f("ix_live_events_at"), table_name="live_events")
    op.drop_table("live_events")
    op.drop_table("form_requests")
    op.drop_table("cycles")
    op.drop_table("checkpoints")
    op.drop_index(op.f("ix_chain_events_split_id_name"), table_name="chain_events")
    op.drop_index(op.f("ix_chain_events_asset_id_name"), table_name="chain_events")
    op.drop_index(op.f("ix_chain_events_agreement_id_name"), table_name="chain_events")
    op.drop_table("chain_events")
    op.drop_index(op.f("ix_batches_stage"), table_name="batches")
    op.drop_index(op.f("ix_batches_kind_subject"), table_name="batches")
    op.drop_table("batches")
    op.drop_table("balances")
    op.drop_table("assets")
    op.drop_index(op.f("ix_agreements_customer"), table_name="agreements")
    op.drop_index(op.f("ix_agreements_asset_id"), table_name="agreements")
    op.drop_table("agreements")
