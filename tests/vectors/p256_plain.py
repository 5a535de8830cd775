"""ECDSA over P-256 in plain integers, straight from FIPS 186-5 and RFC 6979: slow, and nobody else's code.

For vectors only: it takes no care of timing.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A = P - 3
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int] | None
"""None is the point at infinity."""


def plus(p: Point, q: Point) -> Point:
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    rise, run = (3 * p[0] * p[0] + A, 2 * p[1]) if p == q else (q[1] - p[1], q[0] - p[0])
    slope = rise * pow(run, -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def times(k: int, p: Point) -> Point:
    found: Point = None
    while k:
        if k & 1:
            found = plus(found, p)
        p = plus(p, p)
        k >>= 1
    return found


def public_key(secret: int) -> bytes:
    """x‖y."""
    point = times(secret, G)
    assert point is not None
    return b"".join(coordinate.to_bytes(32, "big") for coordinate in point)


def sign(secret: int, digest: bytes) -> bytes:
    """r‖s‖x‖y, low-s."""
    r, s = _sign(secret, int.from_bytes(digest, "big"))
    return r.to_bytes(32, "big") + min(s, N - s).to_bytes(32, "big") + public_key(secret)


def _sign(secret: int, e: int) -> tuple[int, int]:
    k = _nonce(secret, e % N)
    point = times(k, G)
    assert point is not None
    r = point[0] % N
    return r, pow(k, -1, N) * (e + r * secret) % N


def _nonce(secret: int, e: int) -> int:
    """RFC 6979 with HMAC-SHA-256; the first candidate fits but once in 2^32 keys, so there is no loop to get wrong."""
    seed = secret.to_bytes(32, "big") + e.to_bytes(32, "big")
    key, value = bytes(32), b"\1" * 32
    for mark in (b"\0", b"\1"):
        key = hmac.digest(key, value + mark + seed, sha256)
        value = hmac.digest(key, value, sha256)
    k = int.from_bytes(hmac.digest(key, value, sha256), "big")
    assert 0 < k < N
    return k


def wrong_signatures(secret: int, digest: bytes, other_digest: bytes) -> list[tuple[str, bytes]]:
    """What nobody may accept for the digest and the key, each with what is wrong with it."""
    whole = sign(secret, digest)
    r, s, x, y = (whole[at : at + 32] for at in range(0, 128, 32))
    key, order = x + y, N.to_bytes(32, "big")

    def word(number: int) -> bytes:
        return (number % 2**256).to_bytes(32, "big")

    return [
        ("high s", r + word(N - int.from_bytes(s, "big")) + key),
        ("r is zero", bytes(32) + s + key),
        ("s is zero", r + bytes(32) + key),
        ("r is the order", order + s + key),
        ("s is the order", r + order + key),
        ("r plus the order", word(int.from_bytes(r, "big") + N) + s + key),
        ("r and s exchanged", s + r + key),
        ("x and y exchanged", r + s + y + x),
        ("the point at infinity", r + s + bytes(64)),
        ("a point off the curve", r + s + x + word(int.from_bytes(y, "big") + 1)),
        ("coordinates beyond the field", r + s + b"\xff" * 64),
        ("another key", r + s + public_key(secret + 1)),
        ("another digest", sign(secret, other_digest)),
        ("all zeros", bytes(128)),
        ("all ones", b"\xff" * 128),
        ("without the key", r + s),
        ("a byte short", whole[:-1]),
        ("a byte long", whole + b"\0"),
        ("nothing", b""),
    ]
