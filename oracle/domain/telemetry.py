"""Telemetry samples, their canonical bytes and salts, and the root that a reading signs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from oracle.domain import wire
from oracle.domain.merkle import leaf_hash, merkle_proof, merkle_root
from oracle.errors import FieldOutOfBounds
from oracle.types import AgreementId, AssetId, Bytes32

SAMPLE_VERSION: Final = 1
SALT_BYTES: Final = 16
MAX_SAMPLES: Final = 100_000

_FIELDS: Final = (
    ("endedAtMs", "ended_at_ms", 6, False),
    ("durationMs", "duration_ms", 4, False),
    ("rpm", "rpm", 4, False),
    ("torqueMillinewtonMetres", "torque_millinewton_metres", 4, False),
    ("temperatureMillicelsius", "temperature_millicelsius", 4, True),
    ("vibrationMicrometresPerSecond", "vibration_micrometres_per_second", 4, False),
    ("latitudeE7", "latitude_e7", 4, True),
    ("longitudeE7", "longitude_e7", 4, True),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One step of a machine: means over the `duration_ms` milliseconds that ended at `ended_at_ms` (unix).

    Location in units of 10⁻⁷ degrees; vibration as root mean square of the velocity.
    """

    ended_at_ms: int
    duration_ms: int
    rpm: int
    torque_millinewton_metres: int
    temperature_millicelsius: int
    vibration_micrometres_per_second: int
    latitude_e7: int
    longitude_e7: int

    def __post_init__(self) -> None:
        for name, attribute, width, with_sign in _FIELDS:
            (wire.signed if with_sign else wire.unsigned)(getattr(self, attribute), 8 * width, "Sample", name)

    @property
    def began_at_ms(self) -> int:
        return self.ended_at_ms - self.duration_ms

    def encode(self) -> bytes:
        """35 bytes: version 1 | the fields in their order, big-endian, two's complement."""
        return bytes([SAMPLE_VERSION]) + b"".join(
            getattr(self, attribute).to_bytes(width, signed=with_sign) for _, attribute, width, with_sign in _FIELDS
        )


@dataclass(frozen=True, slots=True)
class SaltedSample:
    """A sample with the 128 random bits that keep its leaf from being guessed."""

    salt: bytes
    sample: Sample

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_BYTES:
            raise FieldOutOfBounds("Sample", f"salt must have {SALT_BYTES} bytes", str(len(self.salt)))

    def leaf(self) -> Bytes32:
        """keccak256(keccak256(salt ‖ sample))."""
        return leaf_hash(self.salt + self.sample.encode())

    def to_json(self) -> dict[str, object]:
        fields = {name: getattr(self.sample, attribute) for name, attribute, _, _ in _FIELDS}
        return {"salt": wire.to_hex(self.salt), **fields}


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The samples behind one reading, in order of time."""

    agreement_id: AgreementId
    asset_id: AssetId
    sequence: int
    samples: tuple[SaltedSample, ...]

    def to_json(self) -> dict[str, object]:
        return {
            "agreementId": self.agreement_id,
            "assetId": self.asset_id,
            "sequence": self.sequence,
            "samples": [sample.to_json() for sample in self.samples],
        }


@dataclass(frozen=True, slots=True)
class SampledReading:
    """The samples behind a signed reading, in order of time, and the root that it carries."""

    agreement_id: AgreementId
    sequence: int
    root: Bytes32
    samples: tuple[Sample, ...]


def telemetry_root(samples: Sequence[SaltedSample]) -> Bytes32:
    """The Merkle root a reading carries; zero without samples."""
    return merkle_root([sample.leaf() for sample in samples])


def sample_proof(samples: Sequence[SaltedSample], index: int) -> tuple[Bytes32, ...]:
    """Proof that the sample at `index` is under the root."""
    return merkle_proof([sample.leaf() for sample in samples], index)


def parse_salted_sample(document: object) -> SaltedSample:
    """Reads one decoded sample. Raises Malformed or FieldOutOfBounds."""
    found = wire.members(document, "Sample", ("salt", *(name for name, *_ in _FIELDS)))
    values = {attribute: wire.integer(found[name], "Sample", name) for name, attribute, _, _ in _FIELDS}
    return SaltedSample(wire.byte_string(found["salt"], "Sample", "salt"), Sample(**values))


def parse_telemetry(document: object) -> Telemetry:
    """Reads one decoded body of `POST /v1/telemetry`. Raises Malformed or FieldOutOfBounds."""
    found = wire.members(document, "Telemetry", ("agreementId", "assetId", "sequence", "samples"))
    numbers = {
        name: wire.unsigned(wire.integer(found[name], "Telemetry", name), bits, "Telemetry", name)
        for name, bits in (("agreementId", 64), ("assetId", 64), ("sequence", 32))
    }
    samples = wire.items(found["samples"], "Telemetry.samples")
    if len(samples) > MAX_SAMPLES:
        raise FieldOutOfBounds("Telemetry", "has too many samples", f"{len(samples)} > {MAX_SAMPLES}")
    return Telemetry(
        AgreementId(numbers["agreementId"]),
        AssetId(numbers["assetId"]),
        numbers["sequence"],
        tuple(parse_salted_sample(sample) for sample in samples),
    )
