"""Terms of a round as people write them, in JSON or YAML: read, checked, hashed. The schema is `schemas/round.json`."""

import json
from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from oracle.domain.hashing import keccak, parse_address
from oracle.domain.rounds import (
    ALL_BPS,
    OtherPayee,
    PlanPoint,
    RoundAsset,
    RoundRequest,
    RoundTerms,
    TrancheTerms,
)
from oracle.domain.wire import canonical_json, decode_json
from oracle.errors import Malformed
from oracle.types import Address, AssetId, BaseUnits, Bytes32, GuaranteeId, Seconds, UnixTime

Document = Mapping[str, Any]
DAY = 86_400
EXAMPLE = "drill.round.yaml"
_WHO = "round terms"


def example(assets: Sequence[AssetId]) -> str:
    """What comes with the package, about these machines, to be edited."""
    text, _, _ = files(__package__).joinpath(EXAMPLE).read_text("utf-8").partition("assets:")
    return text + "assets:\n" + "".join(f"  - asset: {asset}\n" for asset in assets)


def read(data: bytes, is_yaml: bool) -> Document:
    """A document that keeps to the schema. Raises Malformed, which names the first member that does not."""
    document = _from_yaml(data) if is_yaml else decode_json(data)
    for error in sorted(_validator().iter_errors(document), key=lambda one: list(map(str, one.absolute_path))):
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        raise Malformed(_WHO, where.removeprefix(".") or "document", error.message[:200])
    assert isinstance(document, dict)
    canonical_json(document)
    return document


def terms_hash(document: Document) -> Bytes32:
    """keccak256 of the canonical JSON of all but `$schema`; the same for JSON and YAML."""
    return keccak(canonical_json({name: value for name, value in document.items() if name != "$schema"}))


def request(document: Document, provider: Address, currency: Address, now: UnixTime) -> RoundRequest:
    """What RoundBook is asked for by this provider at this chain time. `document` keeps to the schema."""
    fees, unbilled = document["fees"], document.get("unbilled")
    others = [(one["account"], one["share"]) for one in fees.get("others", ())]
    return RoundRequest(
        RoundTerms(
            currency=currency,
            secured=document["secured"],
            minimum=_amount(document["minimum"]),
            target=_amount(document["target"]),
            smallest=_amount(document["smallest"]),
            deadline=UnixTime(now + document["fundingDays"] * DAY),
            late_after=_days(document["lateAfterDays"]),
            impaired_after=_days(document["impairedAfterDays"]),
            default_after=_days(document["defaultAfterDays"]),
            round_share=fees["round"],
            reserve_share=fees.get("reserve", 0),
            monthly_orders=_amount(document.get("monthlyOrders", 0)),
            unbilled_bps=ALL_BPS if unbilled is None else unbilled["shareBps"],
            unbilled_free=0 if unbilled is None else int(unbilled["free"]),
            least_price_per_million=_amount(0 if unbilled is None else unbilled["leastPricePerMillion"]),
            auction_bps=document["auctionBps"],
            terms_hash=terms_hash(document),
        ),
        tuple(_tranche(one) for one in document["tranches"]),
        tuple(PlanPoint(_days(one["days"]), _amount(one["amount"])) for one in document["plan"]),
        tuple(_asset(one) for one in document["assets"]),
        tuple(
            OtherPayee(provider if account == "provider" else parse_address(account, _WHO), share)
            for account, share in others
        ),
    )


def _tranche(found: Document) -> TrancheTerms:
    least, cap, residual = (found.get(name, 0) for name in ("least", "capBps", "residualBps"))
    return TrancheTerms(_amount(found["size"]), _amount(least), found["rateBps"], cap, residual)


def _asset(found: Document) -> RoundAsset:
    guarantee = found.get("guarantee")
    return RoundAsset(AssetId(found["asset"]), None if guarantee is None else GuaranteeId(guarantee))


def _amount(value: int | str) -> BaseUnits:
    return BaseUnits(int(value))


def _days(count: int) -> Seconds:
    return Seconds(count * DAY)


class _Loader(yaml.SafeLoader):
    """A name that occurs twice is refused: the second would silently stand for both."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [self.construct_object(name, deep=True) for name, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise yaml.YAMLError(f"{name} occurs twice in one object")
        return super().construct_mapping(node, deep)


def _from_yaml(data: bytes) -> object:
    try:
        return yaml.load(data, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Malformed(_WHO, "is not readable as YAML", " ".join(str(error).split())[:200]) from error


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(files("oracle.schemas").joinpath("round.json").read_text("utf-8")))
