"""Headers, transactions, receipts and logs as the node tells them, each with the hash that it must have.

Numbers come as 0x-quantities; a field that is missing or is no number is the node's fault and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec
from coincurve import PublicKey

from oracle.audit import rlp
from oracle.audit.abi import unhex
from oracle.audit.keccak import create_address, keccak

Json = Mapping[str, Any]

HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_HEADER_HASHED: Final = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
)
_HEADER_NUMBERS: Final = ("difficulty", "number", "gasLimit", "gasUsed", "timestamp")
_HEADER_LATER: Final = (
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
)
_QBFT_PARTS: Final = 5
_LATER_NUMBERS: Final = frozenset({"baseFeePerGas", "blobGasUsed", "excessBlobGas"})


class UnknownFormat(ValueError):
    """A header or transaction kind whose hash the auditor cannot recompute."""


@dataclass(frozen=True, slots=True)
class Header:
    number: int
    hash: bytes
    parent: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    bloom: int
    timestamp: int
    gas_used: int


@dataclass(frozen=True, slots=True)
class Log:
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    index: int


@dataclass(frozen=True, slots=True)
class Transaction:
    hash: bytes
    index: int
    sender: bytes
    to: bytes | None
    nonce: int
    input: bytes
    raw: Json

    @property
    def name(self) -> str:
        return "0x" + self.hash.hex()

    @property
    def created(self) -> bytes | None:
        """The contract that it creates: sender and nonce say so, no need to ask the node."""
        return create_address(self.sender, self.nonce) if self.to is None else None


class ToldLog(msgspec.Struct, rename="camel"):
    """A log as the node tells it: what else it says of it is in no hash."""

    address: str
    topics: list[str]
    data: str
    log_index: str


class ToldReceipt(msgspec.Struct, rename="camel"):
    """A receipt as the node tells it."""

    status: str
    cumulative_gas_used: str
    logs: list[ToldLog]
    type: str = "0x0"


@dataclass(frozen=True, slots=True)
class Receipt:
    succeeded: bool
    logs: tuple[Log, ...]
    bloom: int
    encoded: bytes
    kind: int
    gas: bytes
    """Cumulative, as encoded."""


@dataclass(frozen=True, slots=True)
class Block:
    header: Header
    transactions: tuple[Transaction, ...]
    receipts: tuple[Receipt, ...]


def number(text: Any) -> int:
    return int(text, 16)


def quantity(text: Any) -> bytes:
    return rlp.number(int(text, 16))


def parse_header(raw: Json) -> Header:
    return Header(
        number=number(raw["number"]),
        hash=unhex(raw["hash"]),
        parent=unhex(raw["parentHash"]),
        state_root=unhex(raw["stateRoot"]),
        transactions_root=unhex(raw["transactionsRoot"]),
        receipts_root=unhex(raw["receiptsRoot"]),
        bloom=number(raw["logsBloom"]),
        timestamp=number(raw["timestamp"]),
        gas_used=number(raw["gasUsed"]),
    )


def header_hash(raw: Json) -> bytes:
    return _hash_of(raw, unhex(raw["extraData"]))


def unsealed_hash(raw: Json) -> bytes | None:
    """What a QBFT chain (Hyperledger Besu) calls the block's hash: round and seals, of which each node may have others,
    are left out of the extra data. None where it has no such extra data."""
    try:
        extra = rlp.decode(unhex(raw["extraData"]))
    except rlp.RlpError:
        return None
    if isinstance(extra, bytes) or len(extra) != _QBFT_PARTS:
        return None
    vanity, validators, vote, _round, _seals = extra
    return _hash_of(raw, rlp.encode([vanity, validators, vote, rlp.number(0), []]))


def _hash_of(raw: Json, extra: bytes) -> bytes:
    items = [unhex(raw[name]) for name in _HEADER_HASHED]
    items += [quantity(raw[name]) for name in _HEADER_NUMBERS]
    items += [extra, unhex(raw["mixHash"]), unhex(raw["nonce"])]
    for name in _HEADER_LATER:
        if raw.get(name) is not None:
            items.append(quantity(raw[name]) if name in _LATER_NUMBERS else unhex(raw[name]))
    return keccak(rlp.encode(items))


def parse_transaction(raw: Json) -> Transaction:
    return Transaction(
        hash=unhex(raw["hash"]),
        index=number(raw["transactionIndex"]),
        sender=unhex(raw["from"]),
        to=unhex(raw["to"]) if raw.get("to") else None,
        nonce=number(raw["nonce"]),
        input=unhex(raw["input"]),
        raw=raw,
    )


def encode_transaction(raw: Json) -> bytes:
    """The signed bytes whose hash is the transaction's.

    Raises:
        UnknownFormat: a transaction type without a published encoding that the auditor knows.
    """
    kind, fields = _unsigned(raw)
    return _signed(raw, kind, fields)


def encode_and_recover(raw: Json) -> tuple[bytes, bytes | None]:
    """The signed bytes, and who signed them; None where the signature is no signature. Raises UnknownFormat."""
    kind, fields = _unsigned(raw)
    r, s, v = number(raw["r"]), number(raw["s"]), number(raw["v"])
    if kind:
        payload, parity = bytes((kind,)) + rlp.encode(fields), v
    elif v >= 35:
        chain_id, parity = divmod(v - 35, 2)
        payload = rlp.encode([*fields, rlp.number(chain_id), b"", b""])
    else:
        payload, parity = rlp.encode(fields), v - 27
    return _signed(raw, kind, fields), recover(keccak(payload), r, s, parity)


def _signed(raw: Json, kind: int, fields: list[rlp.Item]) -> bytes:
    if kind == 0:
        return rlp.encode([*fields, quantity(raw["v"]), quantity(raw["r"]), quantity(raw["s"])])
    parity = raw["yParity"] if raw.get("yParity") is not None else raw["v"]
    return bytes((kind,)) + rlp.encode([*fields, quantity(parity), quantity(raw["r"]), quantity(raw["s"])])


def recover(digest: bytes, r: int, s: int, parity: int) -> bytes | None:
    """The address that signed; None for what is no signature, high s included (OpenZeppelin refuses it too)."""
    if parity not in (0, 1) or not 0 < r < ORDER or not 0 < s <= HALF_ORDER:
        return None
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((parity,))
    try:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except ValueError:
        return None
    return keccak(key.format(compressed=False)[1:])[12:]


def _unsigned(raw: Json) -> tuple[int, list[rlp.Item]]:
    kind = number(raw.get("type", "0x0"))
    nonce, gas, value = quantity(raw["nonce"]), quantity(raw["gas"]), quantity(raw["value"])
    to = unhex(raw["to"]) if raw.get("to") else b""
    calldata = unhex(raw["input"])
    if kind == 0:
        return kind, [nonce, quantity(raw["gasPrice"]), gas, to, value, calldata]
    if kind not in (1, 2, 3, 4):
        raise UnknownFormat(f"transaction type {kind:#x}")
    fields: list[rlp.Item] = [quantity(raw["chainId"]), nonce]
    if kind == 1:
        fields.append(quantity(raw["gasPrice"]))
    else:
        fields += [quantity(raw["maxPriorityFeePerGas"]), quantity(raw["maxFeePerGas"])]
    fields += [gas, to, value, calldata, _access_list(raw.get("accessList") or ())]
    if kind == 3:
        fields += [quantity(raw["maxFeePerBlobGas"]), [unhex(each) for each in raw["blobVersionedHashes"]]]
    if kind == 4:
        fields.append([_authorization(each) for each in raw["authorizationList"]])
    return kind, fields


def _access_list(entries: Sequence[Json]) -> rlp.Item:
    return [[unhex(entry["address"]), [unhex(key) for key in entry["storageKeys"]]] for entry in entries]


def _authorization(entry: Json) -> rlp.Item:
    names = ("nonce", "yParity", "r", "s")
    return [quantity(entry["chainId"]), unhex(entry["address"]), *(quantity(entry[name]) for name in names)]


def parse_receipt(told: ToldReceipt) -> Receipt:
    """A receipt with its consensus encoding; its bloom is recomputed from its logs, never taken from the node."""
    logs = tuple(
        Log(unhex(log.address), tuple(map(unhex, log.topics)), unhex(log.data), number(log.log_index))
        for log in told.logs
    )
    return _receipt(number(told.status), number(told.type), quantity(told.cumulative_gas_used), logs)


def with_logs(receipt: Receipt, logs: tuple[Log, ...]) -> Receipt:
    """The receipt as it would be with other logs."""
    return _receipt(int(receipt.succeeded), receipt.kind, receipt.gas, logs)


def _receipt(status: int, kind: int, gas: bytes, logs: tuple[Log, ...]) -> Receipt:
    bloom = 0
    for log in logs:
        bloom |= bloom_of(log.address)
        for topic in log.topics:
            bloom |= bloom_of(topic)
    head = (rlp.number(status), gas, bloom.to_bytes(256, "big"))
    body = rlp.joined([*map(rlp.encode, head), rlp.joined([_encoded_log(log) for log in logs])])
    return Receipt(status == 1, logs, bloom, body if kind == 0 else bytes((kind,)) + body, kind, gas)


def _encoded_log(log: Log) -> bytes:
    topics = rlp.joined([rlp.encode(topic) for topic in log.topics])
    return rlp.joined([rlp.encode(log.address), topics, rlp.encode(log.data)])


@lru_cache(maxsize=65_536)
def bloom_of(item: bytes) -> int:
    """The three bits that an address or topic sets in a 2,048-bit bloom."""
    digest = keccak(item)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") & 2047)
    return bits
