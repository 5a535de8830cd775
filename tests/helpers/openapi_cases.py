"""Requests made from an OpenAPI document by a seeded generator: fitting ones, nearly fitting ones and nonsense; and
what each answer must be. Schemathesis does more (tests/chaos), but its libraries clash with those of the contract
tests."""

from __future__ import annotations

import json
import random
import string
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
import jsonschema

ODD_TEXTS = [
    "",
    "0",
    "-1",
    "null",
    "'",
    '"',
    "%00",
    "../..",
    "é",
    "𝔘",
    "a" * 300,
    "1e9",
    "NaN",
    "0x",
    "1-1",
    ";",
    "\u202e",
]
ODD_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1 << 63,
    1 << 64,
    1 << 300,
    "",
    "x",
    [],
    {},
    [[[[]]]],
    {"a": {"b": {}}},
    0.5,
]
ODD_NUMBERS = [0, 1, 2, 7, 1_000, (1 << 31) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, 1 << 64, -1]
MEDIA = [
    "application/json",
    "application/cbor",
    "application/x-ndjson",
    "text/plain",
    "application/json; charset=x",
    "",
]


@dataclass
class Cases:
    """`parts`: documents that really were sent once, to be bent. `signed_in`: and to stay so."""

    document: dict[str, Any]
    seed: int
    parts: list[Any] = field(default_factory=list)
    signed_in: bool = False

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.routes = [
            (method, path, operation)
            for path, methods in sorted(self.document["paths"].items())
            for method, operation in sorted(methods.items())
            if not (self.signed_in and method == "delete")
        ]

    def build(self, client: httpx.Client) -> tuple[httpx.Request, dict[str, Any]]:
        """The next request and the operation it is meant for."""
        method, path, operation = self.random.choice(self.routes)
        query: list[tuple[str, str]] = []
        headers: dict[str, str] = {}
        for parameter in operation.get("parameters", []):
            value = self._text(parameter["schema"])
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", _path_safe(value))
            elif self.random.random() < (0.9 if parameter.get("required") else 0.4):
                if parameter["in"] == "query":
                    query.append((parameter["name"], value))
                else:
                    headers[parameter["name"]] = value.encode("ascii", "ignore").decode()
        if self.random.random() < 0.15:
            query.append((self.random.choice(["x", "limit", "after", ""]), self.random.choice(ODD_TEXTS)))
        content = None
        if method == "post":
            content, headers["Content-Type"] = self._body(), self.random.choice(MEDIA + MEDIA[:1] * 6)
        return client.build_request(method.upper(), path, params=query, headers=headers, content=content), operation

    def _text(self, schema: dict[str, Any]) -> str:
        for option in schema.get("anyOf", []):
            if option.get("type") != "null":
                schema = option
                break
        draw = self.random.random()
        if schema.get("type") == "array":
            schema = schema["items"]
        if draw < 0.2:
            return self.random.choice(ODD_TEXTS)
        if schema.get("type") == "integer":
            return str(self.random.choice(ODD_NUMBERS + [1, 2, 3] * 4))
        pattern = schema.get("pattern", "")
        if "64" in pattern:
            return "0x" + "".join(self.random.choices("0123456789abcdefABCDEF", k=64 if draw < 0.8 else 63))
        if "40" in pattern:
            return "0x" + "".join(self.random.choices(string.hexdigits, k=40))
        if "csv" in pattern:
            return self.random.choice(["csv", "json", "CSV"])
        return "-".join(str(self.random.choice(ODD_NUMBERS[:6])) for _ in range(self.random.randint(1, 2)))

    def _body(self) -> bytes:
        draw = self.random.random()
        if draw < 0.1:
            return self.random.randbytes(self.random.randint(0, 400))
        if self.parts and draw < 0.8:
            bent = self._bend(json.loads(json.dumps(self.random.choice(self.parts))))
            return json.dumps(bent).encode()
        return json.dumps(self.random.choice(ODD_VALUES)).encode()

    def _bend(self, value: Any) -> Any:
        """One member somewhere inside is replaced, removed, doubled or added."""
        if not isinstance(value, dict | list) or not value or self.random.random() < 0.15:
            return self.random.choice(ODD_VALUES)
        if isinstance(value, list):
            place = self.random.randrange(len(value))
            value[place] = self._bend(value[place])
            return value * self.random.choice([1, 1, 2])
        key = self.random.choice(sorted(value))
        action = self.random.randrange(6)
        if action == 0:
            del value[key]
        elif action == 1:
            value[self.random.choice(["", "extra", "__proto__", "agreementId"])] = self.random.choice(ODD_VALUES)
        elif action == 2 and isinstance(value[key], str):
            value[key] = value[key][:-1] + self.random.choice("0aF")
        elif action < 5:
            value[key] = self._bend(value[key])
        return value


def wrong_about(answer: httpx.Response, operation: dict[str, Any]) -> str | None:
    """None where the answer is one that the document names, in form and content."""
    status = answer.status_code
    if status >= 500:
        return f"answers {status}"
    if status in (404, 405) and answer.json().get("code") in ("unknown_route", "method_not_allowed"):
        return None  # an odd value has made it another route
    if str(status) not in operation["responses"]:
        return f"answers {status}, which is not documented"
    kind = answer.headers.get("content-type", "").split(";")[0]
    content = operation["responses"][str(status)].get("content", {})
    if content and kind not in content:
        return f"answers {status} as {kind}, which is not documented"
    if status >= 400:
        schema = content["application/problem+json"]["schema"]
        jsonschema.validate(answer.json(), schema)
        if answer.json()["status"] != status:
            return "says another status than it answers"
        if status in (429, 503) and "retry-after" not in answer.headers:
            return "does not say when to come again"
    return None


def run(client: httpx.Client, cases: Cases, count: int) -> tuple[list[str], Counter[int]]:
    """What was wrong, and how often each status came."""
    wrong: list[str] = []
    seen: Counter[int] = Counter()
    for number in range(count):
        request, operation = cases.build(client)
        answer = client.send(request, stream=True)
        seen[answer.status_code] += 1
        try:
            streams = answer.headers.get("content-type", "").startswith("text/event-stream")
            if not streams:
                answer.read()
                problem = wrong_about(answer, operation)
                if problem is not None:
                    wrong.append(f"case {number} of seed {cases.seed}: {request.method} {request.url} {problem}")
        finally:
            answer.close()
    return wrong, seen


def _path_safe(text: str) -> str:
    return text.replace("/", "%2F").replace("?", "%3F").replace("#", "%23") or "%20"
