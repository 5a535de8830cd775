"""Sign-in with Ethereum: one domain, one nonce, one time window, one account."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from eth_account.messages import encode_defunct

from oracle.errors import Malformed
from oracle.ingest.sign_in import Expected, parse_message, write_message
from oracle.store.tables import sign_in_sessions
from tests.e2e.world import CUSTOMER, STRANGER, key_of
from tests.helpers import plain_http

ACCOUNT = key_of(CUSTOMER)


@pytest.fixture
def oracle(start_oracle):
    return start_oracle()


def nonce_of(oracle):
    return plain_http.get(f"{oracle.url}/v1/sign-in/nonce").json()


def message(asked, **changes):
    expected = Expected(
        changes.get("domain", asked["domain"]),
        changes.get("uri", asked["uri"]),
        changes.get("chain_id", asked["chainId"]),
    )
    return write_message(
        expected, ACCOUNT.address, changes.get("nonce", asked["nonce"]), changes.get("issued", datetime.now(UTC))
    )


def post(oracle, text, signer=ACCOUNT):
    signature = "0x" + signer.sign_message(encode_defunct(text=text)).signature.hex().removeprefix("0x")
    return plain_http.post(f"{oracle.url}/v1/sign-in", json={"message": text, "signature": signature})


def code(answer):
    assert answer.status_code in (400, 422), answer.text
    return answer.json()["code"]


def test_a_session_says_whose_it_is_until_it_is_ended(oracle):
    answer = post(oracle, message(nonce_of(oracle)))
    assert answer.json()["account"] == ACCOUNT.address
    assert answer.headers["cache-control"] == "no-store"
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    who = f"{oracle.url}/v1/sign-in"
    assert plain_http.get(who, headers=headers).json() == {"account": ACCOUNT.address}
    assert plain_http.delete(who, headers=headers).status_code == 204
    assert plain_http.get(who, headers=headers).status_code == 401


def test_browsers_get_a_cookie_that_scripts_cannot_read(oracle):
    cookie = post(oracle, message(nonce_of(oracle))).headers["set-cookie"]
    assert re.search(r"HttpOnly", cookie)
    assert re.search(r"SameSite=strict", cookie, re.IGNORECASE)
    value = cookie.split(";")[0].split("=", 1)[1]
    answer = plain_http.get(f"{oracle.url}/v1/sign-in", headers={"Cookie": f"cise_session={value}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"domain": "evil.example"}, "wrong_domain"),
        ({"uri": "https://evil.example"}, "wrong_uri"),
        ({"chain_id": 1}, "wrong_chain"),
        ({"nonce": "0123456789abcdef0123456789abcdef"}, "unknown_nonce"),
        ({"issued": datetime.now(UTC) + timedelta(hours=1)}, "not_yet_valid"),
    ],
)
def test_a_message_for_somewhere_or_sometime_else_is_refused(oracle, changes, expected):
    assert code(post(oracle, message(nonce_of(oracle), **changes))) == expected


def test_a_nonce_is_good_once(oracle):
    text = message(nonce_of(oracle))
    assert post(oracle, text).status_code == 200
    assert code(post(oracle, text)) == "unknown_nonce"


def test_a_failed_attempt_uses_up_the_nonce(oracle):
    asked = nonce_of(oracle)
    assert code(post(oracle, message(asked, domain="evil.example"))) == "wrong_domain"
    assert code(post(oracle, message(asked))) == "unknown_nonce"


def test_another_account_cannot_sign_for_this_one(oracle):
    assert code(post(oracle, message(nonce_of(oracle)), key_of(STRANGER))) == "bad_signature"


def test_an_expired_message_or_nonce_is_refused(oracle, start_oracle):
    text = message(nonce_of(oracle)) + "\nExpiration Time: 2020-01-01T00:00:00Z"
    assert code(post(oracle, text)) == "expired"
    text = message(nonce_of(oracle)) + "\nNot Before: 2099-01-01T00:00:00Z"
    assert code(post(oracle, text)) == "not_yet_valid"
    brief = start_oracle("brief", nonce_lifetime=0.01)
    asked = nonce_of(brief)
    time.sleep(0.05)
    assert code(post(brief, message(asked))) == "unknown_nonce"


def test_a_session_ends_by_itself(start_oracle):
    oracle = start_oracle("brief", session_lifetime=0.2)
    headers = {"Authorization": f"Bearer {post(oracle, message(nonce_of(oracle))).json()['token']}"}
    time.sleep(0.3)
    assert plain_http.get(f"{oracle.url}/v1/sign-in", headers=headers).status_code == 401
    oracle.cycle("clean")
    with oracle.database.reading() as connection:
        assert connection.execute(sign_in_sessions.select()).all() == []


def test_the_database_holds_no_token(oracle):
    token = post(oracle, message(nonce_of(oracle))).json()["token"]
    folder = oracle.settings.data_dir
    assert all(token.encode() not in file.read_bytes() for file in folder.iterdir())


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Basic YTpi", "nonsense", "Bearer " + "a" * 5_000])
def test_other_credentials_are_nobody(oracle, header):
    answer = plain_http.get(f"{oracle.url}/v1/sign-in", headers={"Authorization": header})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("Version: 1", "Version: 2"),
        lambda text: text.replace("\n\nURI", "\nURI"),
        lambda text: text + "\n",
        lambda text: "\n" + text,
        lambda text: text.replace("Nonce: ", "Nonce: -"),
        lambda text: text.replace("Issued At: 2", "Issued At: x"),
        lambda text: re.sub(r"Issued At: \d{4}-\d\d", "Issued At: 2024-13", text),
        lambda text: text + "\nRequest ID: 1\nExpiration Time: 2099-01-01T00:00:00Z",
        lambda text: text.replace("account:\n0x", "account:\n0X"),
        lambda text: text + "x" * 5_000,
    ],
)
def test_only_the_exact_form_is_read(change):
    expected = Expected("oracle.example", "http://oracle.example", 31_337)
    text = write_message(expected, ACCOUNT.address, "a" * 32, datetime.now(UTC))
    assert parse_message(text).address == ACCOUNT.address
    with pytest.raises(Malformed):
        parse_message(change(text))


def test_optional_parts_are_read():
    expected = Expected("oracle.example", "http://oracle.example", 31_337)
    text = write_message(expected, ACCOUNT.address, "a" * 32, datetime.now(UTC))
    more = "\nExpiration Time: 2099-01-01T00:00:00+01:00\nNot Before: 2020-01-01T00:00:00.123Z\nRequest ID: 7"
    parsed = parse_message(text + more + "\nResources:\n- https://a.example\n- ipfs://b")
    assert parsed.expires_at == datetime(2098, 12, 31, 23, tzinfo=UTC).timestamp()


def test_a_message_of_the_reference_library_is_read():
    """The ERC's own example, as published."""
    text = (
        "example.com wants you to sign in with your Ethereum account:\n"
        "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n\n"
        "I accept the ExampleOrg Terms of Service: https://example.com/tos\n\n"
        "URI: https://example.com/login\nVersion: 1\nChain ID: 1\nNonce: 32891756\n"
        "Issued At: 2021-09-30T16:25:24Z\nResources:\n"
        "- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/\n"
        "- https://example.com/my-web2-claim.json"
    )
    parsed = parse_message(text)
    assert (parsed.domain, parsed.chain_id, parsed.nonce) == ("example.com", 1, "32891756")
