"""What people see of a rollout in a browser, and what they may do there."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from rollout.state import Command, Outcome
from tests.page.cluster import Cluster
from tests.page.conftest import TOKEN, Open
from tests.page.rollouts import ALERT, BACK, FAULT, ended, journal

Serve = Callable[..., str]
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return file


def card(page: Page) -> Locator:
    return page.get_by_role("article", name="ocr")


def section(page: Page, heading: str) -> Locator:
    return card(page).locator("section", has=page.get_by_role("heading", name=heading))


def asked(url: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Status and text of an answer; headers are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=named)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_rollout_under_way_shows_step_share_evidence_and_journal(
    world: Cluster, serve: Serve, open_page: Open
) -> None:
    world.page = journal()
    page = open_page(serve())
    expect(card(page).get_by_role("heading", name="ocr v1.1 → v1.2")).to_be_visible()
    steps = card(page).locator("ol.steps li")
    expect(steps).to_have_text(["5%", "20%", "50%", "100%"])
    expect(steps.nth(0)).to_have_class("passed")
    expect(steps.nth(1)).to_have_attribute("aria-current", "step")
    expect(section(page, "Traffic").locator(".canary")).to_have_text("v1.2 20%")
    expect(section(page, "Traffic").locator(".stable")).to_have_text("v1.1 80%")
    evidence = section(page, "Canary against stable")
    failed = evidence.get_by_role("row", name="failed")
    expect(failed).to_contain_text("%")
    bound = evidence.get_by_role("columnheader").last
    expect(bound).to_have_text("E of 100")
    expect(evidence.get_by_role("row", name="slower than 0.5 s")).to_be_visible()
    expect(evidence.get_by_role("row", name="poor confidence")).to_be_visible()
    expect(section(page, "Alerts")).to_contain_text("Nothing fires.")
    chart = page.get_by_role("img", name="E value on its way to the bound")
    expect(chart).to_contain_text("roll back")
    expect(chart.locator("polyline")).to_have_count(2)
    rows = section(page, "Journal").get_by_role("row")
    expect(rows).to_have_count(5)
    expect(rows.nth(1)).to_contain_text("to 20%")


def test_a_bad_canary_shows_the_signal_above_its_bound_and_the_alert(
    world: Cluster, serve: Serve, open_page: Open
) -> None:
    world.page, world.alerts = journal(BACK, trace=FAULT), [ALERT]
    page = open_page(serve())
    expect(card(page).locator(".badge")).to_have_text("going back, being changed")
    expect(card(page).locator("ol.steps li.back")).to_have_text("20%")
    above = section(page, "Canary against stable").locator("tr.bad")
    expect(above.first).to_contain_text("failed")
    alert = section(page, "Alerts").get_by_role("listitem")
    expect(alert).to_contain_text("HighModelErrorRate v1.2 3% of the requests of ocr v1.2 fail")
    expect(section(page, "Traffic").locator(".canary")).to_have_count(0)


def test_what_happens_is_shown_without_a_reload(
    world: Cluster, serve: Serve, open_page: Open
) -> None:
    page = open_page(serve())
    expect(card(page)).to_contain_text("No rollout has been begun.")
    world.page = journal()
    expect(card(page).locator(".badge")).to_have_text("step")
    world.page = journal(ended(Outcome.PROMOTED))
    expect(card(page).locator(".badge")).to_have_text("promoted")
    expect(card(page).locator("ol.steps li.passed")).to_have_count(4)


def test_a_cluster_that_does_not_answer_is_told_and_the_last_state_stays(
    world: Cluster, serve: Serve, open_page: Open
) -> None:
    world.page = journal()
    page = open_page(serve())
    expect(page.get_by_role("status")).to_have_text("live")
    world.away = True
    expect(page.get_by_role("status")).to_have_text("the cluster does not answer")
    expect(card(page).locator(".badge")).to_have_text("step")
    world.away = False
    expect(page.get_by_role("status")).to_have_text("live")


def test_alerts_that_cannot_be_read_are_not_shown_as_none(
    world: Cluster, serve: Serve, open_page: Open
) -> None:
    world.page, world.alerts = journal(), None
    page = open_page(serve())
    expect(section(page, "Alerts")).to_contain_text("Alertmanager does not answer.")


def test_it_speaks_chinese_to_who_reads_chinese_and_to_who_asks(
    world: Cluster, serve: Serve, open_page: Open
) -> None:
    world.page = journal(ended(Outcome.ROLLED_BACK), trace=FAULT)
    url = serve()
    page = open_page(url, locale="zh-CN")
    expect(card(page).locator(".badge")).to_have_text("已回滚")
    expect(page).to_have_title("灰度发布")
    page.get_by_role("button", name="English").click()
    expect(card(page).locator(".badge")).to_have_text("rolled back")
    page.reload()
    expect(page).to_have_title("Rollouts")
    expect(open_page(url, locale="de-DE")).to_have_title("Rollouts")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(
    world: Cluster, serve: Serve, open_page: Open, scheme: str
) -> None:
    world.page, world.alerts = journal(BACK, trace=FAULT), [ALERT]
    page = open_page(serve(), color_scheme=scheme)
    expect(card(page)).to_be_visible()
    least = page.evaluate(CONTRAST)
    assert least["ratio"] >= 4.5, least
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(_rgb(ground)) > 3 * 127) == (scheme == "light")


def test_a_phone_shows_all_of_it_without_scrolling_sideways(
    world: Cluster, serve: Serve, open_page: Open
) -> None:
    world.page, world.alerts = journal(BACK, trace=FAULT), [ALERT]
    page = open_page(serve(), **PHONE)
    expect(card(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for text in page.locator("article svg text").all():
        assert text.evaluate("node => node.getBoundingClientRect().height") >= 9


def test_without_a_token_there_is_nothing_to_press_and_nothing_is_done(
    world: Cluster, serve: Serve, open_page: Open
) -> None:
    world.page = journal()
    url = serve()
    page = open_page(url)
    expect(card(page)).to_be_visible()
    expect(page.get_by_role("button")).to_have_text(["中文"])
    assert asked(f"{url}/api/rollouts/ocr/abort", "POST")[0] == 403
    assert world.page.commands == ()


def test_with_the_token_a_person_may_pause_and_take_back(
    world: Cluster, serve: Serve, open_page: Open, token: Path
) -> None:
    world.page = journal()
    page = open_page(serve("--token-file", str(token)))
    page.on("dialog", lambda dialog: dialog.accept(TOKEN if dialog.type == "prompt" else ""))
    page.get_by_role("button", name="Enter token").click()
    with page.expect_response("**/pause") as answer:
        page.get_by_role("button", name="Pause").click()
    assert answer.value.status == 202
    with page.expect_response("**/abort"):
        page.get_by_role("button", name="Roll back").click()
    assert world.page.commands == (Command.PAUSE, Command.ABORT)


def test_a_wrong_token_is_refused_and_forgotten(
    world: Cluster, serve: Serve, open_page: Open, token: Path
) -> None:
    world.page = journal()
    page = open_page(serve("--token-file", str(token)))
    said: list[str] = []

    def answer(dialog: object) -> None:
        said.append(dialog.message)  # type: ignore[attr-defined]
        dialog.accept("a guess")  # type: ignore[attr-defined]

    page.on("dialog", answer)
    page.get_by_role("button", name="Enter token").click()
    # The page says it when the answer is there: wait for what it says, not for what it shows.
    with page.expect_event("dialog", lambda dialog: dialog.type == "alert"):
        page.get_by_role("button", name="Pause").click()
    assert said[-1] == "Refused: the token is missing or wrong"
    expect(page.get_by_role("button", name="Enter token")).to_be_visible()
    assert world.page.commands == ()


def test_no_get_no_form_and_no_other_site_makes_it_act(
    world: Cluster, serve: Serve, open_page: Open, token: Path
) -> None:
    world.page = journal()
    url = serve("--token-file", str(token))
    action = f"{url}/api/rollouts/ocr/abort"
    assert asked(action, Authorization=f"Bearer {TOKEN}")[0] == 405
    # What a form of another site can send: a POST with whatever cookies there are, and no header.
    page = open_page(url)
    expect(card(page)).to_be_visible()
    assert page.context.cookies() == []
    assert asked(action, "POST", Origin="http://elsewhere.example")[0] == 401
    allowed = _headers(url, "OPTIONS")
    assert not any(name.lower().startswith("access-control") for name in allowed)
    assert world.page.commands == ()


def test_it_is_not_read_by_the_name_of_another_site(world: Cluster, serve: Serve) -> None:
    world.page = journal()
    url = serve()
    assert asked(f"{url}/api/rollouts", Host="rebound.example")[0] == 400
    status, text = asked(f"{url}/api/rollouts")
    assert status == 200
    assert json.loads(text)["rollouts"][0]["model"] == "ocr"


def test_what_the_controller_says_never_becomes_markup(
    world: Cluster, serve: Serve, open_page: Open
) -> None:
    evil = {**ALERT, "annotations": {"summary": "<img src=x onerror=alert(1)><b>bold</b>"}}
    world.page, world.alerts = journal(), [evil]
    page = open_page(serve())
    expect(section(page, "Alerts")).to_contain_text("<b>bold</b>")
    expect(page.locator("article img, article b")).to_have_count(0)
    assert "default-src 'self'" in _headers(page.url, "GET")["Content-Security-Policy"]


def _headers(url: str, method: str) -> Mapping[str, str]:
    with urllib.request.urlopen(  # noqa: S310 - our own server
        urllib.request.Request(url, method=method),  # noqa: S310
        timeout=10,
    ) as answer:
        return dict(answer.headers)


def _rgb(text: str) -> list[int]:
    return [int(part) for part in text[text.index("(") + 1 : -1].split(",")[:3]]


# The least contrast of a text with what is behind it, as WCAG 2.2 computes it.
CONTRAST = """() => {
  const rgb = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = (text) => rgb(text).slice(0, 3).map((value) => value / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (node) => {
    const color = getComputedStyle(node).backgroundColor;
    return rgb(color)[3] === 0 && node.parentElement ? ground(node.parentElement) : color;
  };
  const found = [...document.querySelectorAll("body *")]
    .filter((node) => [...node.childNodes]
      .some((child) => child.nodeType === 3 && child.data.trim()))
    .filter((node) => node.checkVisibility())
    .map((node) => {
      const style = getComputedStyle(node);
      const ink = node instanceof SVGElement ? style.fill : style.color;
      const [low, high] = [light(ink), light(ground(node))].sort((a, b) => a - b);
      return { text: node.textContent.slice(0, 40), ratio: (high + 0.05) / (low + 0.05) };
    });
  return found.reduce((least, each) => each.ratio < least.ratio ? each : least);
}"""
