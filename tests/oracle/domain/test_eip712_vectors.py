"""Digests and signatures are those of eth_account, a library not written here."""

import pytest
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from oracle.domain.forms import Contract, Domains, digest
from oracle.domain.hashing import keccak
from oracle.domain.signatures import SigningKey, recover, to_compact, to_full
from tests.oracle.domain.support import DOMAINS, FORMS, forms, vectors

DOCUMENT = vectors("eip712")
NAMES = {
    Contract.USAGE_AGREEMENTS: "UsageAgreements",
    Contract.METER_REGISTRY: "MeterRegistry",
    Contract.ASSET_REGISTRY: "AssetRegistry",
    Contract.PREPAID_ACCOUNTS: "PrepaidAccounts",
    Contract.HAND_OVERS: "HandOvers",
    Contract.SPARE_LOANS: "SpareLoans",
    Contract.MEMBERSHIP: "Membership",
}
VECTOR_DOMAINS = Domains(DOCUMENT["chainId"], *(DOCUMENT["contracts"][name] for name in NAMES.values()))
CASES = [pytest.param(case, id=f"{case['form']}-{index % 4}") for index, case in enumerate(DOCUMENT["cases"])]


def test_every_form_of_the_page_has_vectors():
    assert {case["form"] for case in DOCUMENT["cases"]} == set(FORMS)


@pytest.mark.parametrize("case", CASES)
def test_type_and_contract_are_the_published_ones(case):
    form = FORMS[case["form"]]
    assert form.STRUCT.type_string == case["type"]
    assert "0x" + form.STRUCT.type_hash.hex() == case["typeHash"]
    assert NAMES[form.VERIFIED_BY] == case["contract"]


@pytest.mark.parametrize("case", CASES)
def test_digest_is_eth_accounts(case):
    form = FORMS[case["form"]].parse(case["message"])
    domain = VECTOR_DOMAINS.of(form)
    assert "0x" + domain.separator.hex() == case["separator"]
    assert "0x" + form.struct_hash().hex() == case["structHash"]
    assert "0x" + digest(domain, form).hex() == case["digest"]


@pytest.mark.parametrize("case", CASES)
def test_document_reads_back_unchanged(case):
    assert FORMS[case["form"]].parse(case["message"]).to_json() == case["message"]


@pytest.mark.parametrize("case", CASES)
def test_signatures_are_eth_accounts_in_both_lengths(case):
    key = SigningKey(keccak(DOCUMENT["secretIsKeccakOf"].encode()))
    digest_bytes = bytes.fromhex(case["digest"][2:])
    full, compact = bytes.fromhex(case["signature"][2:]), bytes.fromhex(case["compactSignature"][2:])
    assert key.address == DOCUMENT["signer"]
    assert key.sign(digest_bytes) == full
    assert (to_compact(full), to_full(compact)) == (compact, full)
    assert recover(digest_bytes, full) == recover(digest_bytes, compact) == key.address


@given(data=st.data(), name=st.sampled_from(sorted(FORMS)))
def test_digest_is_eth_accounts_for_any_form(data, name):
    form = data.draw(forms(FORMS[name]))
    domain = DOMAINS.of(form)
    signable = encode_typed_data(
        domain_data={
            "name": "CISE",
            "version": "1",
            "chainId": domain.chain_id,
            "verifyingContract": domain.verifying_contract,
        },
        message_types={name: [{"name": field, "type": kind} for field, kind in form.STRUCT.fields]},
        message_data=dict(zip((field for field, _ in form.STRUCT.fields), form.values(), strict=True)),
    )
    assert form.struct_hash() == signable.body
    assert digest(domain, form) == keccak(b"\x19\x01" + signable.header + signable.body)
