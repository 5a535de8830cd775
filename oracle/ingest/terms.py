"""Published terms of tariffs, found by the hash that the TariffBook stores."""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from oracle.domain.tariffs import terms_hash
from oracle.domain.terms import PublishedTariff, parse_published_tariff
from oracle.domain.wire import decode_json
from oracle.errors import CiseError, Fatal
from oracle.types import Bytes32


class PublishedTerms:
    """The documents of the package and of the operator's folder, read once at start."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises Fatal for a document that cannot be read."""
        self._by_hash: Mapping[Bytes32, PublishedTariff] = {
            terms_hash(document.terms): document for file in _files(folder) for document in [_read(file)]
        }

    def find(self, digest: Bytes32) -> PublishedTariff | None:
        return self._by_hash.get(digest)


def _files(folder: Path | None) -> Iterator[Traversable]:
    yield from (file for file in files("oracle.tariffs").iterdir() if file.name.endswith(".json"))
    if folder is not None:
        yield from sorted(folder.glob("*.json"))


def _read(file: Traversable) -> PublishedTariff:
    try:
        return parse_published_tariff(decode_json(file.read_bytes()))
    except (CiseError, OSError, json.JSONDecodeError) as error:
        raise Fatal("published terms", f"{file.name}: {error}", "Correct the document or take it out.") from error
