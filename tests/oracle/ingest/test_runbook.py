"""Alerts, metrics, pages and commands hold together: nothing in the runbook speaks of something that is not there."""

import re
import shlex

import pytest
import typer
import yaml

from oracle.cli.main import app
from oracle.ingest import alerts as alerts_module
from oracle.ingest.alerts import alerts
from oracle.ingest.condition import condition
from oracle.settings import Settings
from oracle.store.batches import Stage
from tests.environment import ROOT
from tests.helpers import plain_http

FOLDER = ROOT / "docs" / "runbook"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
SECTIONS = ["What it means", "What the customer sees", "What to look at", "What to do", "How to know that it is over"]
OF_PROMETHEUS = {"up"}
METRIC = re.compile(r"\b(?:cise_[a-z_]+|up)\b")
COMMAND = re.compile(r"`(cise [^`]+)`|^(cise .+)$", re.MULTILINE)
SETTING = re.compile(r"`CISE_([A-Z_]+)`")


def rule_name(rule):
    return rule["alert"]


@pytest.mark.parametrize("rule", RULES, ids=rule_name)
def test_each_alert_has_its_page(rule):
    page = ROOT / rule["annotations"]["runbook"]
    assert page.is_file()
    assert rule["alert"] in page.read_text().split("\n\n")[1]
    assert rule["labels"]["severity"] in ("page", "ticket")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_page_has_its_alert_and_all_its_parts(page):
    named = {rule["annotations"]["runbook"] for rule in RULES}
    assert f"docs/runbook/{page.name}" in named
    assert re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE) == SECTIONS


def test_each_metric_of_a_rule_or_page_exists(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(1))
    oracle.cycle()
    plain_http.get(f"{oracle.url}/v1/assets/0")
    there = set(re.findall(r"^# TYPE (\S+) ", oracle.get("/metrics").text, re.MULTILINE)) | OF_PROMETHEUS
    texts = [rule["expr"] for rule in RULES] + [page.read_text() for page in (*PAGES, FOLDER / "README.md")]
    named = {name for text in texts for name in METRIC.findall(text) if name != "up" or text in texts[: len(RULES)]}
    assert named - there == set()


def test_labels_in_rules_are_values_that_occur(world, start_oracle):
    oracle = start_oracle()
    oracle.cycle()
    text = oracle.get("/metrics").text
    labels = [(n, v) for rule in RULES for n, v in re.findall(r'(\w+)=~?"([^"]+)"', rule["expr"])]
    for value in (one for name, values in labels if name == "cycle" for one in values.split("|")):
        assert f'cycle="{value}"' in text
    stages = {one for name, values in labels if name == "stage" for one in values.split("|")}
    assert stages <= {stage.value for stage in Stage}
    sources = "".join(path.read_text() for path in (ROOT / "oracle").rglob("*.py"))
    for value in (one for name, values in labels if name in ("code", "reason") for one in values.split("|")):
        assert f'"{value}"' in sources, value


def commands(text):
    for quoted, line in COMMAND.findall(text):
        yield quoted or line


def resolve(words):
    """The command of these words and what is left of them."""
    command, left = typer.main.get_command(app), list(words)
    while getattr(command, "commands", None):
        assert left, "names a group and no command"
        assert left[0] in command.commands, f"no command {left[0]}"
        command = command.commands[left.pop(0)]
    return command, left


@pytest.mark.parametrize("page", [*PAGES, FOLDER / "README.md"], ids=lambda page: page.stem)
def test_each_command_exists_with_its_options(page):
    found = list(commands(page.read_text()))
    assert found
    for text in found:
        command, left = resolve(shlex.split(re.sub(r"\$\([^)]*\)", "x", text))[1:])
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in left if word.startswith("--")} <= known, text


@pytest.mark.parametrize("page", [*PAGES, FOLDER / "README.md"], ids=lambda page: page.stem)
def test_each_setting_exists(page):
    assert {name.lower() for name in SETTING.findall(page.read_text())} <= set(Settings.model_fields)


def test_what_status_calls_an_alert_has_a_page():
    source = (ROOT / "oracle" / "ingest" / "alerts.py").read_text()
    pages = set(re.findall(r'Alert\("([a-z-]+)"', source))
    assert len(pages) > 5
    assert pages <= {page.stem for page in PAGES}


def test_the_numbers_of_rules_are_those_of_the_program():
    exprs = {rule["alert"]: rule["expr"] for rule in RULES}
    settings = Settings()
    seconds = {
        "CiseChainBehind": alerts_module.CHAIN_BEHIND_SECONDS,
        "CisePermitsBehind": alerts_module.PERMITS_BEHIND_SECONDS,
        "CiseBatchStuck": alerts_module.BATCH_STUCK_SECONDS,
        "CiseUnsettledTooLong": settings.daily_after + alerts_module.UNSETTLED_GRACE_SECONDS,
        "CiseQuarantineWaiting": alerts_module.QUARANTINE_SECONDS,
    }
    for name, value in seconds.items():
        assert f"> {value:.0f}" in exprs[name], name


def test_what_waits_is_seen_in_figures(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(100))
    with oracle.database.reading() as connection:
        now = max(cycle.at for cycle in condition(connection, 0).cycles.values())
        later = condition(connection, now + 100_000)
    assert 99_000 < later.unsettled_age < 101_000
    told = {one.page for one in alerts(later, oracle.settings, 1 << 40)}
    assert told == {"chain-behind", "permits-behind", "unsettled-too-long"}
    oracle.settle()
    with oracle.database.reading() as connection:
        assert condition(connection, now).unsettled_age is None
