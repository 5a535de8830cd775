"""The floor of every door: verification of a signature by a known key, with nothing around it."""

from __future__ import annotations

import time

from coincurve import PublicKey
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

from oracle.domain.hashing import keccak
from oracle.domain.signatures import SigningKey, recover
from oracle.types import Bytes32

COUNT = 3_000


def verifications() -> float:
    """A second of processor time, by libsecp256k1 itself."""
    context = GLOBAL_CONTEXT.ctx
    key, digests, signatures = _signed()
    known = PublicKey(b"\x04" + key.public_key).public_key
    began = time.process_time()
    for digest, signature in zip(digests, signatures, strict=True):
        parsed = ffi.new("secp256k1_ecdsa_signature *")
        lib.secp256k1_ecdsa_signature_parse_compact(context, parsed, signature[:64])
        if not lib.secp256k1_ecdsa_verify(context, parsed, digest, known):
            raise RuntimeError("a good signature was refused")
    return COUNT / (time.process_time() - began)


def recoveries() -> float:
    """A second of processor time, as the door recovers: the parity bit is checked too."""
    key, digests, signatures = _signed()
    began = time.process_time()
    for digest, signature in zip(digests, signatures, strict=True):
        if recover(digest, signature) != key.address:
            raise RuntimeError("a good signature was refused")
    return COUNT / (time.process_time() - began)


def _signed() -> tuple[SigningKey, list[Bytes32], list[bytes]]:
    key = SigningKey(b"\x11" * 32)
    digests = [keccak(b"digest %d" % number) for number in range(COUNT)]
    return key, digests, [key.sign(digest) for digest in digests]
