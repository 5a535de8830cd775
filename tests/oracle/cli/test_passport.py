"""`cise passport`: written by options or by answers, checked, and put on the chain."""

from __future__ import annotations

import json

import pytest

OWNER = "account:3"
OPTIONS = (
    "--model", "Kettle", "--design", "2", "--maker", "Kettles Ltd", "--made-on", "2026-01-02", "--mass", "1000",
    "--life", "20000", "--unit", "boilings", "--years", "15",
)  # fmt: skip
MATERIALS = ("--material", "steel=700:40", "--material", "PP=300")
PARTS = ("--part", "lid=snap:2:none", "--part", "heater=weld:1:saw")


def test_a_passport_from_options(cise, folder):
    file = folder / "kettle.json"
    made = cise.json("passport", "new", str(file), *OPTIONS, *MATERIALS, *PARTS)
    assert (made["grams"], made["recycledBps"], made["reversibleSteps"], made["steps"]) == (1_000, 2_800, 1, 2)
    assert cise.json("passport", "check", str(file))["passportHash"] == made["passportHash"]
    assert (
        cise.json("passport", "new", str(file), *OPTIONS, *MATERIALS, *PARTS, code=1)["error"]["code"] == "file_exists"
    )


def test_a_passport_from_answers(cise, folder):
    file = folder / "asked.json"
    answers = "Kettle\n2\nKettles Ltd\n2026-01-02\n1000\n20000\nboilings\n15\nsteel=1000\n\nlid=snap:2:none\n\n"
    result = cise("passport", "new", str(file), text=answers)
    assert result.exit_code == 0, result.output
    assert json.loads(file.read_text())["materials"][0]["name"] == "steel"


def test_an_unsound_passport_is_not_written(cise, folder):
    file = folder / "heavy.json"
    error = cise.json("passport", "new", str(file), *OPTIONS, "--material", "steel=2000", *PARTS, code=1)["error"]
    assert (error["code"], error["howMuch"]) == ("passport_unsound", "2000 g, the mass is 1000 g, 1 % allowed")
    assert not file.exists()


@pytest.mark.parametrize("wrong", [("--material", "steel"), ("--part", "lid=snap")])
def test_what_cannot_be_read_is_a_question_of_usage(cise, folder, wrong):
    result = cise("passport", "new", str(folder / "x.json"), *OPTIONS, *MATERIALS, *PARTS, *wrong)
    assert result.exit_code == 2


def test_check_names_every_fault(cise, folder):
    document = json.loads((folder / "kettle.json").read_text()) if (folder / "kettle.json").exists() else None
    assert document is not None
    document["materials"][0]["grams"] = 1
    document["product"]["madeOn"] = "2026-13-01"
    file = folder / "faulty.json"
    file.write_text(json.dumps(document))
    answer = cise.json("passport", "check", str(file), code=1)
    assert [problem["where"] for problem in answer["problems"]] == ["materials", "product.madeOn"]
    assert "do not add up" in cise("passport", "check", str(file)).output


def test_what_is_published_is_what_was_checked(cise, chain):
    asset = str(cise.json("asset", "register", "Kettle", "K-1", "--key", OWNER)["asset"])
    uri = "https://example.org/k-1.json"
    done = cise.json("passport", "publish", asset, "smart-drill", "--uri", uri, "--key", OWNER)
    assert done["passportHash"] == cise.json("passport", "check", "smart-drill")["passportHash"]
    refused = cise.json("passport", "publish", asset, "smart-drill", "--uri", uri, "--key", "account:4", code=1)
    assert refused["error"]["code"] == "Assets_NotTitleOwner"
    promised = cise.json("asset", "take-back", asset, "--key", OWNER, "--years", "3")
    assert promised["until"] > 0
    assert cise.json("asset", "take-back", asset, "--key", "account:4", code=1)["error"]["code"] == "EndOfLife_NotMaker"
