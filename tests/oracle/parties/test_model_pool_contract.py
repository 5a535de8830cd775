"""The text that members of a pool accept is the one that this release names by its hash."""

from __future__ import annotations

import re

from oracle.domain.hashing import keccak
from oracle.parties.pools import MODEL_CONTRACT, PoolModel, PoolTerms
from tests.environment import ROOT

TEXT = ROOT / "docs/model-pool-contract.md"


def test_the_terms_hash_is_that_of_the_document():
    assert keccak(TEXT.read_bytes()).hex() == MODEL_CONTRACT.hex(), "changed words are another contract: another hash"


def test_the_document_names_every_figure_of_the_rules():
    """In its table of names; currency, model, maker and the hash itself are no figures."""
    named = {re.sub("(?<!^)(?=[A-Z])", "_", name).lower() for name in re.findall(r"`([a-zA-Z]+)`", TEXT.read_text())}
    figures = {*PoolTerms.__slots__, *PoolModel.__slots__} - {"currency", "model", "maker", "terms_hash"}
    assert figures <= named
