"""Runbooks: one for each alert in both languages, and what they tell people to type works."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest

from infra import ingress, names
from infra.config.alerting import Links
from infra.config.alerts import ALERTS
from monitoring import runbooks
from monitoring.dashboards import dashboards
from monitoring.rules import AlertRule, rule_groups
from tests.dashboards.boards import BOARDS, CHOSEN, filled, spoken
from tests.dashboards.prometheus import Prometheus

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
HOME = runbooks.path("README", "en").parent
PAGES = sorted(HOME.glob("*.md"))
RUNBOOKS = [page for page in PAGES if not page.name.startswith("README")]
HEADINGS = {
    "en": [
        "Meaning",
        "First look",
        "Likely causes",
        "What the rollout does by itself",
        "How to undo",
        "Whom to wake",
    ],
    "zh": ["含义", "先看这里", "常见原因", "发布流程会自动做什么", "如何撤回", "该叫谁"],
}
# Values for what else a query may name.
_CHOSEN = CHOSEN | {"Hostname": "gpu-b-1.example.com"}

each = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


def headings(page: Path) -> list[str]:
    """The second-level headings of a page."""
    return re.findall(r"^## (.*)$", page.read_text(), re.MULTILINE)


def test_every_alert_has_a_runbook_in_both_languages_and_every_runbook_an_alert() -> None:
    wanted = {runbooks.path(alert, language) for alert in ALERTS for language in LANGUAGES}
    assert set(RUNBOOKS) == wanted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("alert", ALERTS)
def test_runbooks_have_the_same_sections_in_the_same_order(alert: str, language: Language) -> None:
    assert headings(runbooks.path(alert, language)) == HEADINGS[language]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("alert", ALERTS)
def test_a_runbook_names_the_severity_of_its_alert_and_a_dashboard_that_is_there(
    alert: str, language: Language
) -> None:
    title, _, line, *_ = runbooks.path(alert, language).read_text().splitlines()
    assert title == f"# {alert}"
    severity, dashboard, other = line.split(" · ")
    assert severity == ALERTS[alert].severity
    titles = {board["title"] for board in dashboards(spoken(language)).values()}
    assert re.search(r"[*「](.*)[*」]", dashboard)[1] in titles  # type: ignore[index]
    assert runbooks.path(alert, "zh" if language == "en" else "en").name in other


@each
def test_every_query_of_a_runbook_returns_data(prometheus: Prometheus, page: Path) -> None:
    silent = [
        query for query in blocks(page, "promql") if not prometheus.now(filled(query, _CHOSEN))
    ]
    assert silent == []


@each
def test_every_command_of_a_runbook_is_one_to_the_shell(page: Path) -> None:
    for block in blocks(page, "sh"):
        command = ["bash", "-n"]
        done = subprocess.run(command, check=False, input=block, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("alert", [*ALERTS, "README"])
def test_both_languages_say_to_type_the_same(alert: str) -> None:
    english, chinese = (
        [
            re.sub(r" *#.*|\"(why|原因)\"", "", block)
            for kind in ("promql", "sh")
            for block in blocks(runbooks.path(alert, language), kind)
        ]
        for language in LANGUAGES
    )
    assert english == chinese


@each
def test_labels_and_annotations_in_commands_are_those_of_the_objects(page: Path) -> None:
    text = page.read_text()
    labels = set(re.findall(rf"{names.PREFIX}/[\w-]+", text))
    assert labels <= {names.MODEL, names.VERSION}
    annotations = set(re.findall(rf"{ingress.ANNOTATION}/[\w-]+", text))
    assert annotations <= {ingress.WEIGHT}


@each
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([\w.]+\.md)(?:#([^)]*))?\)", page.read_text()):
        linked = HOME / target
        assert linked in PAGES
        anchors = {heading.lower().replace(" ", "-") for heading in headings(linked)}
        assert not anchor or anchor in anchors


@pytest.mark.parametrize("language", LANGUAGES)
def test_alerts_link_to_runbooks_and_dashboards_that_are_there(language: Language) -> None:
    config = spoken(language)
    assert config.alerting is not None
    links = Links(grafana="https://grafana.example.com", runbooks="https://books.example.com")
    alerting = config.alerting.model_copy(update={"links": links})
    groups = rule_groups(config.model_copy(update={"alerting": alerting}))
    alerts = [rule for group in groups for rule in group.rules if isinstance(rule, AlertRule)]
    assert {alert.alert for alert in alerts} == set(ALERTS)
    for alert in alerts:
        name = alert.annotations["runbook"].rsplit("/", 1)[1]
        assert runbooks.path(alert.alert, language).name == name
        dashboard = urlsplit(alert.annotations["dashboard"])
        board = BOARDS[dashboard.path.removeprefix("/d/")]
        known = {f"var-{variable['name']}" for variable in board["templating"]["list"]}
        assert set(parse_qs(dashboard.query)) <= known
