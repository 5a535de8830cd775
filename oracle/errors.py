"""What can go wrong, drawn once; every error says who, what and how much.

CiseError
├── Rejected     the request is wrong and stays wrong: answer with the code, do not try again
│   ├── FieldOutOfBounds   a number or text does not fit its wire field
│   ├── Malformed          bytes that are not the document they should be
│   └── BadSignature       not signed, not well formed, high-s, or by somebody else
├── Retryable    the world is not ready (chain away, database busy): the same request may succeed later
└── Fatal        going on would do harm: stop, and tell a person what to do
"""

from typing import ClassVar


class CiseError(Exception):
    """Base of all; never raised itself."""


class Rejected(CiseError):
    """A request refused for good.

    Args:
        code: stable machine-readable reason, snake case, part of the published interface.
        who: the form, device or account concerned.
        what: the field or rule that failed.
        how_much: the offending value beside the allowed one; empty where there is no quantity.
    """

    def __init__(self, code: str, who: str, what: str, how_much: str = "") -> None:
        self.code = code
        self.who = who
        self.what = what
        self.how_much = how_much
        super().__init__(f"{who}: {what}" + (f" ({how_much})" if how_much else ""))


class _Coded(Rejected):
    CODE: ClassVar[str]

    def __init__(self, who: str, what: str, how_much: str = "") -> None:
        super().__init__(self.CODE, who, what, how_much)


class FieldOutOfBounds(_Coded):
    CODE = "field_out_of_bounds"


class Malformed(_Coded):
    CODE = "malformed"


class BadSignature(_Coded):
    CODE = "bad_signature"


class Retryable(CiseError):
    """Something outside is not ready.

    Args:
        who: the peer, for instance a node or the database.
        what: what it failed to do.
        after_seconds: the shortest sensible wait before the next attempt.
    """

    def __init__(self, who: str, what: str, after_seconds: int = 1) -> None:
        self.who = who
        self.what = what
        self.after_seconds = after_seconds
        super().__init__(f"{who}: {what}, try again in {after_seconds} s")


class Fatal(CiseError):
    """Nothing more may be done until a person acts.

    Args:
        who: the part that stops.
        what: what it found.
        remedy: the sentence that says what to do.
    """

    def __init__(self, who: str, what: str, remedy: str) -> None:
        self.who = who
        self.what = what
        self.remedy = remedy
        super().__init__(f"{who}: {what}. {remedy}")
