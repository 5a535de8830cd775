"""Examples and golden vectors shared by the tests of the domain."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from oracle.domain.bindings import MeterBinding, PermitSigner
from oracle.domain.customer_forms import Allow, EndAgreement, OpenAgreement, Register, SetCap, Suspend, Withdraw
from oracle.domain.forms import Domains, Form, Value, digest
from oracle.domain.hand_overs import HandOver, SpareHandOver
from oracle.domain.hashing import keccak, to_address
from oracle.domain.membership import AcceptCode
from oracle.domain.permits import Permit, Start
from oracle.domain.readings import Flag, Reading, SignedReading
from oracle.domain.signatures import SigningKey
from oracle.domain.statuses import Status
from oracle.domain.tariffs import Tariff
from oracle.domain.telemetry import SaltedSample, Sample
from oracle.types import ZERO_BYTES32, ChainId

VECTORS = Path(__file__).parents[2] / "vectors"
FORMS: dict[str, type[Form]] = {
    form.STRUCT.name: form
    for form in (
        Reading,
        Status,
        MeterBinding,
        PermitSigner,
        Permit,
        Start,
        Register,
        OpenAgreement,
        EndAgreement,
        Suspend,
        SetCap,
        Allow,
        Withdraw,
        HandOver,
        SpareHandOver,
        AcceptCode,
    )
}
KEY = SigningKey(keccak(b"a meter key for tests"))
OTHER_KEY = SigningKey(keccak(b"another key for tests"))
DOMAINS = Domains(ChainId(31_337), *(to_address(bytes([n]) * 20) for n in (1, 2, 3, 4, 5, 6, 7)))
CURRENCY = to_address(b"\x0c" * 20)


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def reading(**changes: Any) -> Reading:
    fields = {
        "agreement_id": 7,
        "asset_id": 3,
        "sequence": 5,
        "time": 1_767_225_600,
        "registers": (10_000, 2_000, 300, 0),
        "odometer": 12_345,
        "flags": Flag(0),
        "telemetry_root": ZERO_BYTES32,
    }
    return Reading(**(fields | changes))


def sign(form: Any, key: SigningKey = KEY, domains: Domains = DOMAINS) -> bytes:
    return key.sign(digest(domains.of(form), form))


def signed_reading(**changes: Any) -> SignedReading:
    made = reading(**changes)
    return SignedReading(made, sign(made))


def tariff(**changes: Any) -> Tariff:
    fields = {
        "currency": CURRENCY,
        "price_per_million": (100_000, 250_000, 600_000, 0),
        "standing_per_day": 24_000,
        "hold_target": 1_000_000,
        "max_charge_per_hour": 2_400_000,
        "burst": 100_000,
        "notice": 86_400,
        "minimum_term": 0,
        "permit_validity": 3_600,
        "delivery_time": 600,
        "session_cap": 14_400,
        "idle_stop": 600,
        "unused_days": 30,
        "tax_bps": 1_900,
        "tax_included": True,
        "kind": 1,
        "terms_hash": keccak(b"terms"),
    }
    return Tariff(**(fields | changes))


def sample(ended_at_ms: int = 1_767_225_600_000, duration_ms: int = 1_000, **changes: int) -> Sample:
    fields = {
        "rpm": 900,
        "torque_millinewton_metres": 2_000,
        "temperature_millicelsius": 35_000,
        "vibration_micrometres_per_second": 1_200,
        "latitude_e7": 520_000_000,
        "longitude_e7": 130_000_000,
    }
    return Sample(ended_at_ms, duration_ms, **(fields | changes))


def salted(made: Sample, number: int = 0) -> SaltedSample:
    return SaltedSample(keccak(number.to_bytes(8))[:16], made)


def field_values(kind: str) -> st.SearchStrategy[Value]:
    match kind:
        case "bool":
            return st.booleans()
        case "address":
            return st.binary(min_size=20, max_size=20).map(to_address)
        case "bytes32":
            return st.binary(min_size=32, max_size=32)
        case "bytes":
            return st.binary(max_size=80)
        case _:
            return st.integers(0, 2 ** int(kind[4:]) - 1)


def forms(form: type[Form]) -> st.SearchStrategy[Form]:
    return st.tuples(*(field_values(kind) for _, kind in form.STRUCT.fields)).map(form.from_values)
