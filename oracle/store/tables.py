"""Every table in one place. Amounts are exact decimal text because no database integer holds 80 bits everywhere.

Three kinds: what was *received* (readings, statuses, samples), what the *chain* says (rebuilt from it at any time), and
what this oracle *did* (outbox, permits, sessions, live events).
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Units(TypeDecorator[int]):
    """An integer of up to 256 bits as decimal text."""

    impl = String(80)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:
        return None if value is None else str(int(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


Key = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only under its INTEGER."""
ADDRESS = String(42)
HASH = String(66)

# Received

readings = Table(
    "readings",
    metadata,
    Column("id", Key, primary_key=True),
    Column("agreement_id", BigInteger, nullable=False),
    Column("asset_id", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("register0", BigInteger, nullable=False),
    Column("register1", BigInteger, nullable=False),
    Column("register2", BigInteger, nullable=False),
    Column("register3", BigInteger, nullable=False),
    Column("odometer", BigInteger, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("telemetry_root", LargeBinary(32), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("stop_reason", String(24)),
    Column("elapsed", BigInteger, nullable=False),
    Column("charge", Units, nullable=False),
    Column("state", String(12), nullable=False),
    Column("telemetry", String(12), nullable=False),
    Column("received_at", Float, nullable=False),
    Column("skips", Integer, nullable=False, default=0),
    Column("skip_reason", String(24)),
    Column("retry_at", Float),
    # One index that every reading is written into: machines come in any order, so each index is a page of its own to
    # write for each reading. The second one holds only what a person has or had to look at.
    UniqueConstraint("agreement_id", "sequence", "digest"),
)
HELD = readings.c.state != text("'accepted'")
Index("ix_readings_held", readings.c.agreement_id, readings.c.sequence, sqlite_where=HELD, postgresql_where=HELD)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Key, primary_key=True),
    Column("reading_id", Key, ForeignKey("readings.id"), nullable=False),
    Column("agreement_id", BigInteger, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("opened_at", Float, nullable=False),
    Column("resolution", String(12)),
    Column("resolved_at", Float),
    Column("resolved_by", String(120)),
    Column("note", Text),
    Index(None, "agreement_id", "resolution"),
)

statuses = Table(
    "statuses",
    metadata,
    Column("id", Key, primary_key=True),
    Column("asset_id", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("state", Integer, nullable=False),
    Column("fault_code", Integer, nullable=False),
    Column("odometer", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("received_at", Float, nullable=False),
    UniqueConstraint("asset_id", "sequence", "digest"),
)

telemetry = Table(
    "telemetry",
    metadata,
    Column("reading_id", Key, ForeignKey("readings.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("asset_id", BigInteger, nullable=False),
    Column("sample", JSON, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Index(None, "asset_id", "reading_id"),
)

# The chain's read model: dropped and rebuilt when the chain changes its mind

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("directory", ADDRESS, nullable=False),
    Column("contracts", JSON, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", HASH, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("head_time", BigInteger, nullable=False),
    Column("observed_at", Float, nullable=False),
)

recent_blocks = Table(
    "recent_blocks",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", HASH, nullable=False),
    Column("time", BigInteger, nullable=False),
)

undo_rows = Table(
    "undo_rows",
    metadata,
    Column("id", Key, primary_key=True),
    Column("above", BigInteger, nullable=False, index=True),
    Column("table", String(24), nullable=False),
    Column("key", JSON, nullable=False),
    Column("row", JSON(none_as_null=True)),
)

chain_events = Table(
    "chain_events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("block", BigInteger, nullable=False),
    Column("log_index", Integer, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("transaction", HASH, nullable=False),
    Column("contract", String(24), nullable=False),
    Column("name", String(32), nullable=False),
    Column("asset_id", BigInteger),
    Column("agreement_id", BigInteger),
    Column("split_id", BigInteger),
    Column("order_id", BigInteger, index=True),
    Column("parent_id", BigInteger, index=True),
    Column("amount", Units),
    Column("arguments", JSON, nullable=False),
    UniqueConstraint("block", "log_index"),
    Index(None, "agreement_id", "name"),
    Index(None, "asset_id", "name"),
    Index(None, "split_id", "name"),
)

tariffs = Table(
    "tariffs",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("publisher", ADDRESS, nullable=False),
    Column("terms", JSON, nullable=False),
)

assets = Table(
    "assets",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("provider", ADDRESS, nullable=False),
    Column("maker", ADDRESS, nullable=False),
    Column("self_declared_by", ADDRESS),
    Column("lifecycle", Integer, nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    Column("title_epoch", BigInteger, nullable=False),
    Column("model", HASH, nullable=False),
    Column("serial_hash", HASH, nullable=False),
    Column("passport_hash", HASH, nullable=False),
    Column("passport_uri", Text, nullable=False),
    Column("lienholder", ADDRESS),
    Column("offer_refusal", HASH),
    Column("meter", ADDRESS),
    Column("split_id", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("curve", Integer, nullable=False),
    Column("grade", Integer, nullable=False),
    Column("permit_signer", ADDRESS),
    Column("next_permit_signer", ADDRESS),
    Column("next_permit_signer_from", BigInteger, nullable=False),
)

offers = Table(
    "offers",
    metadata,
    Column("asset_id", BigInteger, primary_key=True, autoincrement=False),
    Column("tariff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("exclusive", Boolean, primary_key=True, autoincrement=False),
    Column("provider", ADDRESS, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("title_epoch", BigInteger, nullable=False),
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("asset_id", BigInteger, nullable=False),
    Column("customer", ADDRESS, nullable=False),
    Column("begins", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("stands", Boolean, nullable=False),
    Index(None, "asset_id", "ends"),
)

agreements = Table(
    "agreements",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("asset_id", BigInteger, nullable=False, index=True),
    Column("tariff_id", BigInteger, nullable=False),
    Column("customer", ADDRESS, nullable=False, index=True),
    Column("delegate", ADDRESS),
    Column("exclusive", Boolean, nullable=False),
    Column("grade_at_opening", Integer, nullable=False),
    Column("credited", Units, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("last_elapsed", BigInteger, nullable=False),
    Column("settled", Units, nullable=False),
    Column("hold", Units, nullable=False),
    Column("cap_per_period", Units, nullable=False),
    Column("period", BigInteger, nullable=False),
    Column("spent_in_period", Units, nullable=False),
    Column("period_index", BigInteger, nullable=False),
    Column("end_at", BigInteger),
    Column("final_accepted", Boolean, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("settled_time", BigInteger),
)

splits = Table(
    "splits",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("controller", ADDRESS),
    Column("version", BigInteger, nullable=False),
    Column("account", ADDRESS, nullable=False, index=True),
    Column("payees", JSON, nullable=False),
    Column("currencies", JSON, nullable=False),
)

balances = Table(
    "balances",
    metadata,
    Column("account", ADDRESS, primary_key=True),
    Column("currency", ADDRESS, primary_key=True),
    Column("amount", Units, nullable=False),
)

# What this oracle did

batches = Table(
    "batches",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("stage", String(12), nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("sender", ADDRESS, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("target", ADDRESS, nullable=False),
    Column("calldata", LargeBinary, nullable=False),
    Column("gas", BigInteger, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("sent_at", Float),
    Column("sends", Integer, nullable=False, default=0),
    Column("block", BigInteger),
    Column("block_hash", HASH),
    Column("gas_used", BigInteger),
    Column("ended_at", Float),
    Column("detail", Text),
    Column("mined_hash", HASH),
    UniqueConstraint("chain_id", "sender", "nonce"),
    Index(None, "stage"),
    Index(None, "kind", "subject"),
)

batch_transactions = Table(
    "batch_transactions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("batch_id", Key, ForeignKey("batches.id"), nullable=False, index=True),
    Column("hash", HASH, nullable=False, unique=True),
    Column("raw", LargeBinary, nullable=False),
    Column("max_fee", Units, nullable=False),
    Column("tip", Units, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("head", BigInteger, nullable=False, default=0),
    Column("noop", Boolean, nullable=False, default=False),
)

batch_readings = Table(
    "batch_readings",
    metadata,
    Column("batch_id", Key, ForeignKey("batches.id"), primary_key=True),
    Column("reading_id", Key, ForeignKey("readings.id"), primary_key=True, index=True),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("holder", String(160), nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("until", Float, nullable=False),
)

form_requests = Table(
    "form_requests",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("agreement_id", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("form", JSON, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("outcome", String(24)),
)

permits = Table(
    "permits",
    metadata,
    Column("id", Key, primary_key=True),
    Column("agreement_id", BigInteger, nullable=False),
    Column("asset_id", BigInteger, nullable=False),
    Column("form", JSON, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("challenge", LargeBinary(32), nullable=False),
    Column("charge_limit", Units, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Index(None, "agreement_id", "id"),
)

presences = Table(
    "presences",
    metadata,
    Column("agreement_id", BigInteger, primary_key=True, autoincrement=False),
    Column("start", JSON),
    Column("start_signature", LargeBinary),
    Column("stopped_by", ADDRESS),
    Column("stopped_at", Float),
)

sign_in_nonces = Table(
    "sign_in_nonces",
    metadata,
    Column("nonce", String(64), primary_key=True),
    Column("expires_at", Float, nullable=False, index=True),
)

sign_in_sessions = Table(
    "sign_in_sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("account", ADDRESS, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False, index=True),
)

live_events = Table(
    "live_events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("asset_id", BigInteger),
    Column("agreement_id", BigInteger),
    Column("public", Boolean, nullable=False),
    Column("payload", JSON, nullable=False),
)

round_views = Table(
    "round_views",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("document", JSON, nullable=False),
)

cycles = Table(
    "cycles",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("at", Float, nullable=False),
    Column("succeeded_at", Float),
    Column("seconds", Float, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("detail", JSON, nullable=False),
)
