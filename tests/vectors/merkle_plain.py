"""Telemetry trees in a few lines of their own: samples, leaves, roots and proofs, for vectors only."""

from __future__ import annotations

import random
import struct

from eth_utils import keccak


def tree_root(layer: list[bytes]) -> bytes:
    if not layer:
        return bytes(32)
    while len(layer) > 1:
        following = [keccak(min(a, b) + max(a, b)) for a, b in zip(layer[::2], layer[1::2], strict=False)]
        layer = following + ([layer[-1]] if len(layer) % 2 else [])
    return layer[0]


def tree_proof(layer: list[bytes], index: int) -> list[bytes]:
    """By halves: a full left half of the largest power of two that is less than the size, the rest to the right."""
    if len(layer) == 1:
        return []
    half = 1 << (len(layer) - 1).bit_length() - 1
    left, right = layer[:half], layer[half:]
    if index < half:
        return [*tree_proof(left, index), tree_root(right)]
    return [*tree_proof(right, index - half), tree_root(left)]


def merkle(rng: random.Random) -> dict[str, object]:
    cases = []
    for count in (0, 1, 2, 3, 4, 5, 7, 8, 13):
        samples, leaves = [], []
        at = 1_767_225_600_000 + rng.randrange(10**9)
        for index in range(count):
            extreme = count == 13 and index < 2
            duration = rng.randint(1, 5_000)
            at += duration + rng.randint(0, 50)
            sample = {
                "endedAtMs": at,
                "durationMs": duration,
                "rpm": rng.randint(0, 3_000),
                "torqueMillinewtonMetres": rng.randint(0, 6_000),
                "temperatureMillicelsius": (-(2**31), 2**31 - 1)[index] if extreme else rng.randint(-40_000, 150_000),
                "vibrationMicrometresPerSecond": rng.randint(0, 20_000),
                "latitudeE7": rng.randint(-900_000_000, 900_000_000),
                "longitudeE7": rng.randint(-1_800_000_000, 1_800_000_000),
            }
            salt = rng.randbytes(16)
            encoded = b"\x01" + at.to_bytes(6, "big") + struct.pack(">IIIiIii", *list(sample.values())[1:])
            leaf = keccak(keccak(salt + encoded))
            leaves.append(leaf)
            samples.append(
                {
                    "sample": {"salt": "0x" + salt.hex(), **sample},
                    "encoded": "0x" + encoded.hex(),
                    "leaf": "0x" + leaf.hex(),
                }
            )
        for index, entry in enumerate(samples):
            entry["proof"] = ["0x" + node.hex() for node in tree_proof(leaves, index)]
        cases.append({"samples": samples, "root": "0x" + tree_root(leaves).hex()})
    return {"cases": cases}
