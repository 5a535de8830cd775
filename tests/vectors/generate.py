"""Writes the golden vectors beside this file: `python tests/vectors/generate.py`.

Deliberately imports nothing of `oracle`: digests and signatures come from eth_account, those of P-256 from plain
integers (`p256_plain.py`), charges and splits from fractions, batches and trees from a few lines of their own. So the
vectors are a second opinion, not an echo.
"""

import json
import random
import struct
from fractions import Fraction
from math import floor
from pathlib import Path

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address
from merkle_plain import merkle
from p256_plain import N as P256_ORDER
from p256_plain import public_key as p256_public_key
from p256_plain import sign as p256_sign
from p256_plain import wrong_signatures as p256_wrong

HERE = Path(__file__).parent
SEED = 20_260_101
CHAIN_ID = 31_337
SECRET_TEXT = "CISE golden vectors: a key for tests only"
SECRET = keccak(text=SECRET_TEXT)
P256_SECRET_TEXT = "CISE golden vectors: a P-256 key for tests only"
P256_SECRET = int.from_bytes(keccak(text=P256_SECRET_TEXT), "big")
CONTRACTS = {
    name: to_checksum_address(keccak(text=name)[12:])
    for name in (
        "UsageAgreements", "MeterRegistry", "AssetRegistry", "PrepaidAccounts", "HandOvers", "SpareLoans", "Membership",
    )
}  # fmt: skip
FORMS = {
    "Reading": (
        "UsageAgreements",
        "uint64 agreementId,uint64 assetId,uint32 sequence,uint40 time,uint48 register0,uint48 register1,"
        "uint48 register2,uint48 register3,uint48 odometer,uint8 flags,bytes32 telemetryRoot",
    ),
    "Status": (
        "MeterRegistry",
        "uint64 assetId,uint32 sequence,uint40 time,uint8 state,uint16 faultCode,uint48 odometer",
    ),
    "MeterBinding": (
        "MeterRegistry",
        "uint64 assetId,bytes signer,uint8 curve,uint32 epoch,uint48 odometer,bytes32 registersHash,uint40 effectiveAt",
    ),
    "PermitSigner": ("MeterRegistry", "uint64 assetId,address signer,uint32 epoch,uint40 validFrom"),
    "Permit": (
        "UsageAgreements",
        "uint64 agreementId,uint64 assetId,uint32 tariffId,address starter,bytes32 challenge,uint80 chargeLimit,"
        "uint40 openedAt,uint40 issuedAt,uint40 validUntil,uint64 blockNumber",
    ),
    "Start": ("UsageAgreements", "uint64 agreementId,uint64 assetId,bytes32 challenge,uint40 validUntil"),
    "Register": (
        "AssetRegistry",
        "address maker,bytes32 model,bytes32 serialHash,address owner,uint256 nonce,uint40 deadline",
    ),
    "OpenAgreement": (
        "UsageAgreements",
        "address customer,uint64 assetId,uint32 tariffId,bool exclusive,uint80 hold,uint80 capPerPeriod,uint32 period,"
        "uint256 nonce,uint40 deadline",
    ),
    "EndAgreement": ("UsageAgreements", "uint64 agreementId,uint256 nonce,uint40 deadline"),
    "Suspend": ("UsageAgreements", "uint64 agreementId,bool on,uint256 nonce,uint40 deadline"),
    "SetCap": (
        "UsageAgreements",
        "uint64 agreementId,uint80 capPerPeriod,uint32 period,uint256 nonce,uint40 deadline",
    ),
    "Allow": (
        "PrepaidAccounts",
        "address owner,address spender,address currency,uint256 amount,uint256 nonce,uint40 deadline",
    ),
    "Withdraw": (
        "PrepaidAccounts",
        "address owner,address currency,uint256 amount,address to,uint256 nonce,uint40 deadline",
    ),
    "HandOver": (
        "HandOvers",
        "uint64 orderId,address giver,address taker,uint8 grade,bytes32 conditionHash,uint256 giverNonce,"
        "uint256 takerNonce,uint40 deadline",
    ),
    "SpareHandOver": (
        "SpareLoans",
        "uint64 claimId,uint64 assetId,address giver,address taker,uint8 grade,bytes32 conditionHash,"
        "uint256 giverNonce,uint256 takerNonce,uint40 deadline",
    ),
    "AcceptCode": ("Membership", "address member,bytes32 codeHash,uint256 nonce,uint40 deadline"),
}
MOST = {"grade": 4}
"""Fields that the contract keeps narrower than their type."""
DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


def fields(form: str) -> list[tuple[str, str]]:
    return [(name, kind) for kind, name in (part.split(" ") for part in FORMS[form][1].split(","))]


def value(kind: str, how: str, rng: random.Random) -> object:
    """A zero, the maximum, or something in between."""
    match kind:
        case "bool":
            return how != "zeros"
        case "address":
            raw = {"zeros": bytes(20), "maxima": b"\xff" * 20}.get(how) or rng.randbytes(20)
            return to_checksum_address(raw)
        case "bytes32":
            return "0x" + ({"zeros": bytes(32), "maxima": b"\xff" * 32}.get(how) or rng.randbytes(32)).hex()
        case "bytes":
            return "0x" + {"zeros": b"", "maxima": b"\xff" * 64}.get(how, rng.randbytes(20)).hex()
        case _:
            bits = int(kind[4:])
            return {"zeros": 0, "maxima": 2**bits - 1}.get(how, rng.getrandbits(bits))


def wire_json(kind: str, v: object) -> object:
    """As the HTTP door writes it: integers of more than 64 bits as decimal text."""
    return str(v) if kind.startswith("uint") and int(kind[4:]) > 64 else v


def typed(form: str, message: dict[str, object]) -> dict[str, object]:
    return {
        "domain": {
            "name": "CISE",
            "version": "1",
            "chainId": CHAIN_ID,
            "verifyingContract": CONTRACTS[FORMS[form][0]],
        },
        "types": {
            "EIP712Domain": DOMAIN_TYPE,
            form: [{"name": name, "type": kind} for name, kind in fields(form)],
        },
        "primaryType": form,
        "message": message,
    }


def signed(form: str, message: dict[str, object]) -> dict[str, str]:
    signable = encode_typed_data(full_message=typed(form, message))
    signature = Account.sign_message(signable, SECRET)
    compact = signature.r.to_bytes(32, "big") + (signature.s | (signature.v - 27) << 255).to_bytes(32, "big")
    return {
        "separator": "0x" + signable.header.hex(),
        "structHash": "0x" + signable.body.hex(),
        "digest": "0x" + keccak(b"\x19\x01" + signable.header + signable.body).hex(),
        "signature": "0x" + signature.signature.hex().removeprefix("0x"),
        "compactSignature": "0x" + compact.hex(),
    }


def eip712(rng: random.Random) -> dict[str, object]:
    cases = []
    for form, (contract, listed) in FORMS.items():
        for how in ("zeros", "maxima", "between", "between"):
            message = {name: value(kind, how, rng) for name, kind in fields(form)}
            message |= {name: min(message[name], most) for name, most in MOST.items() if name in message}
            cases.append(
                {
                    "form": form,
                    "contract": contract,
                    "type": f"{form}({listed})",
                    "typeHash": "0x" + keccak(text=f"{form}({listed})").hex(),
                    "message": {name: wire_json(kind, message[name]) for name, kind in fields(form)},
                    **signed(form, message),
                }
            )
    return {
        "chainId": CHAIN_ID,
        "contracts": CONTRACTS,
        "secretIsKeccakOf": SECRET_TEXT,
        "signer": Account.from_key(SECRET).address,
        "cases": cases,
    }


def tariff(rng: random.Random) -> dict[str, object]:
    top48, top96, top80, top32 = 2**48 - 1, 2**96 - 1, 2**80 - 1, 2**32 - 1
    cases = [
        ("nothing", [0] * 4, 0, [0] * 4, 0),
        ("one register just below a unit", [1, 0, 0, 0], 0, [999_999, 0, 0, 0], 0),
        ("one register at a unit", [1, 0, 0, 0], 0, [1_000_000, 0, 0, 0], 0),
        ("two halves make a unit: one floor over the sum", [1, 1, 0, 0], 0, [500_000, 500_000, 0, 0], 0),
        ("usage and standing part are rounded down each on its own", [1, 0, 0, 0], 1, [999_999, 0, 0, 0], 86_399),
        ("a day of the standing part", [0] * 4, 24_000, [0] * 4, 86_400),
        ("a second before a day", [0] * 4, 24_000, [0] * 4, 86_399),
        ("a thousand uses of 0.0001 EUR in one reading", [100_000_000, 0, 0, 0], 0, [1_000, 0, 0, 0], 0),
        ("smart drill", [100_000, 250_000, 600_000, 0], 24_000, [3_600_000, 1_234_567, 89_012, 0], 7_200),
        ("widest products, capped", [top96] * 4, top80, [top48] * 4, top32),
        ("widest standing part alone, capped", [0] * 4, top80, [0] * 4, top32),
        ("just at the cap", [0] * 4, top80, [0] * 4, 86_400),
        ("one above the cap", [1, 0, 0, 0], top80, [1_000_000, 0, 0, 0], 86_400),
    ]
    for index in range(40):
        widths = rng.choice((8, 24, 40)), rng.choice((10, 30, 60))
        cases.append(
            (
                f"drawn {index}",
                [rng.getrandbits(widths[1]) for _ in range(4)],
                rng.getrandbits(widths[1]),
                [rng.getrandbits(widths[0]) for _ in range(4)],
                rng.getrandbits(rng.choice((8, 24, 32))),
            )
        )
    found = []
    for name, prices, standing, registers, elapsed in cases:
        usage = floor(sum(Fraction(r * p, 1_000_000) for r, p in zip(registers, prices, strict=True)))
        time_part = floor(Fraction(standing * elapsed, 86_400))
        found.append(
            {
                "name": name,
                "pricePerMillion": [str(p) for p in prices],
                "standingPerDay": str(standing),
                "registers": registers,
                "elapsed": elapsed,
                "usage": str(usage),
                "standing": str(time_part),
                "charge": str(min(usage + time_part, top80)),
            }
        )
    return {"cases": found}


def split(rng: random.Random) -> dict[str, object]:
    cases = []
    settings = [([1], [5]), ([1, 1, 1], [1, 1, 1, 7]), ([4500, 2500, 2000, 1000], [99, 1, 10_000, 33])]
    settings += [
        ([rng.randint(1, 10_000) for _ in range(rng.randint(2, 8))], [rng.getrandbits(40) for _ in range(4)])
        for _ in range(12)
    ]
    settings.append(([65_535, 1], [2**80 - 1]))
    for shares, receipts in settings:
        total, steps = 0, []
        for receipt in receipts:
            paid = [
                floor(Fraction((total + receipt) * s, sum(shares))) - floor(Fraction(total * s, sum(shares)))
                for s in shares
            ]
            total += receipt
            left = total - sum(floor(Fraction(total * s, sum(shares))) for s in shares)
            steps.append({"total": str(total), "paid": [str(p) for p in paid], "undistributed": str(left)})
        cases.append({"shares": shares, "steps": steps})
    return {"cases": cases}


def packed(reading: dict[str, object]) -> bytes:
    widths = {"uint8": 1, "uint32": 4, "uint40": 5, "uint48": 6, "uint64": 8}
    return b"".join(
        bytes.fromhex(str(reading[name])[2:])
        if kind == "bytes32"
        else int(str(reading[name])).to_bytes(widths[kind], "big")
        for name, kind in fields("Reading")
    )


def batch(rng: random.Random) -> dict[str, object]:
    def reading(how: str) -> dict[str, object]:
        return {name: value(kind, how, rng) for name, kind in fields("Reading")}

    def record(kind: int, how: str) -> dict[str, object]:
        message = reading(how)
        if kind == 0:
            return {"reading": message, "signature": signed("Reading", message)["compactSignature"]}
        whole = p256_sign(P256_SECRET, bytes.fromhex(signed("Reading", message)["digest"][2:]))
        return {"reading": message, "signature": "0x" + whole[:64].hex(), "publicKey": "0x" + whole[64:].hex()}

    layouts = [
        ("no group", []),
        ("one record", [(0, 7, ["between"])]),
        ("zeros and maxima", [(0, 2**32 - 1, ["zeros", "maxima"])]),
        (
            "two tariffs and both kinds of keys",
            [(0, 1, ["between"] * 3), (1, 2, ["between", "maxima"]), (0, 3, ["zeros"])],
        ),
    ]
    cases = []
    for name, layout in layouts:
        groups = [
            {"kind": kind, "tariffId": tariff_id, "records": [record(kind, how) for how in hows]}
            for kind, tariff_id, hows in layout
        ]
        data = b"\x01"
        for group in groups:
            data += struct.pack(">BIH", group["kind"], group["tariffId"], len(group["records"]))
            for r in group["records"]:
                data += packed(r["reading"]) + bytes.fromhex((r["signature"] + r.get("publicKey", "0x")[2:])[2:])
        cases.append({"name": name, "groups": groups, "bytes": "0x" + data.hex()})
    return {"cases": cases}


def p256(rng: random.Random) -> dict[str, object]:
    key = p256_public_key(P256_SECRET)
    signatures, refused = [], []
    for form in ("Reading", "Status", "MeterBinding"):
        for how in ("zeros", "maxima", "between"):
            message = {name: value(kind, how, rng) for name, kind in fields(form)}
            if form == "MeterBinding" and how == "between":
                message |= {"signer": "0x" + key.hex(), "curve": 1}
            digest = signed(form, message)["digest"]
            signatures.append(
                {
                    "form": form,
                    "message": {name: wire_json(kind, message[name]) for name, kind in fields(form)},
                    "digest": digest,
                    "signature": "0x" + p256_sign(P256_SECRET, bytes.fromhex(digest[2:])).hex(),
                }
            )
    for digest_bytes in (bytes(32), b"\xff" * 32, P256_ORDER.to_bytes(32, "big")):
        whole = p256_sign(P256_SECRET, digest_bytes)
        signatures.append({"digest": "0x" + digest_bytes.hex(), "signature": "0x" + whole.hex()})

    digest_bytes = rng.randbytes(32)
    for why, wrong in p256_wrong(P256_SECRET, digest_bytes, keccak(digest_bytes)):
        refused.append({"why": why, "digest": "0x" + digest_bytes.hex(), "signature": "0x" + wrong.hex()})
    return {
        "chainId": CHAIN_ID,
        "contracts": CONTRACTS,
        "secretIsKeccakOf": P256_SECRET_TEXT,
        "publicKey": "0x" + key.hex(),
        "address": to_checksum_address(keccak(key)[12:]),
        "signatures": signatures,
        "refused": refused,
    }


def main() -> None:
    print(f"seed {SEED}")
    for make in (eip712, tariff, split, batch, p256, merkle):
        document = make(random.Random(f"{SEED} {make.__name__}"))
        (HERE / f"{make.__name__}.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
