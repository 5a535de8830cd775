"""Settings: read from the environment, secrets never shown."""

import pytest

from oracle.errors import Fatal
from oracle.settings import Settings, load_settings

CANARY = "ca" * 32
PASSWORD = "canary-password"


def test_every_field_comes_from_its_variable(monkeypatch):
    monkeypatch.setenv("CISE_RPC_URL", "http://node.example:1")
    monkeypatch.setenv("CISE_CONFIRMATIONS", "7")
    monkeypatch.setenv("CISE_SEAL_POLICY", "each_block")
    settings = load_settings()
    assert (settings.rpc_url, settings.confirmations, settings.seal_policy) == (
        "http://node.example:1",
        7,
        "each_block",
    )


def test_secrets_show_nowhere():
    settings = Settings(
        relayer_key=CANARY,
        permit_keystore_password=PASSWORD,
        database_url=f"postgresql://user:{PASSWORD}@host/db?sslpassword={PASSWORD}",
        rpc_url=f"https://user:{PASSWORD}@node.example/v3/{CANARY}",
    )
    shown = f"{settings.public()} {settings!r} {settings}".replace(settings.rpc_url, "")
    assert CANARY not in shown
    assert PASSWORD not in shown
    assert settings.public()["rpc_url"] == "https://node.example"
    assert "relayer_key" not in settings.public()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHAIN_ID", "abc"),
        ("DIRECTORY_ADDRESS", "0x12"),
        ("DATABASE_URL", CANARY),
        ("PORT", "70000"),
        ("LIVE_INTERVAL", "0.1"),
        ("LOG_LEVEL", "LOUD"),
        ("SEAL_POLICY", "sometimes"),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(monkeypatch, name, value):
    monkeypatch.setenv(f"CISE_{name}", value)
    with pytest.raises(Fatal, match=f"CISE_{name}") as caught:
        load_settings()
    if value == CANARY:
        assert CANARY not in str(caught.value)


def test_two_sources_of_one_key_are_refused(tmp_path):
    with pytest.raises(Fatal, match="not both"):
        load_settings(relayer_key=CANARY, relayer_keystore=tmp_path / "k.json")


def test_defaults_stay_on_this_machine(tmp_path):
    settings = Settings(data_dir=tmp_path)
    assert settings.host == "127.0.0.1"
    assert settings.database == f"sqlite:///{tmp_path / 'oracle.db'}"
    assert settings.uri == "http://127.0.0.1:8741"
    with pytest.raises(Fatal, match="CISE_DIRECTORY_ADDRESS"):
        _ = settings.directory
