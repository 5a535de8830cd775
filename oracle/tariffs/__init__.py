"""Published tariffs of the machines that come with the platform."""

from importlib.resources import files

from oracle.domain.terms import PublishedTariff, parse_published_tariff
from oracle.domain.wire import decode_json
from oracle.errors import Rejected


def published_tariff(name: str) -> PublishedTariff:
    """The document `<name>.json` of this folder, for instance `smart-drill`. Raises Rejected `unknown_tariff`."""
    document = files(__name__) / f"{name}.json"
    if "/" in name or not document.is_file():
        raise Rejected("unknown_tariff", name, "is not among the published tariffs")
    return parse_published_tariff(decode_json(document.read_bytes()))
