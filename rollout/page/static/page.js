// Shows what /api/events streams. Everything is built by DOM calls: no text becomes markup.
"use strict";

let last = null, token = null, linked = ["away", true];

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== false) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const number = (value) =>
  value > 0 && value < 0.01 ? "< 0.01" : String(Number(Number(value).toPrecision(3)));
const time = (iso) => iso.slice(0, 19).replace("T", " ");

function tone(state) {
  if (state.outcome === "promoted") return "good";
  if (state.outcome || state.phase === "back") return "bad";
  return state.paused ? "wait" : "good";
}

function card(rollout) {
  const state = rollout.state;
  if (!state) {
    return make("article", { "aria-label": rollout.model }, make("h2", {}, rollout.model),
      make("p", { class: "empty" }, word("unbegun")));
  }
  const more = [state.acting && "acting", state.paused && "paused"].filter(Boolean).map(word);
  const badge = [word(state.outcome || state.phase), ...more].join(", ");
  return make("article", { "aria-label": rollout.model },
    make("header", {},
      make("h2", {}, `${rollout.model}  ${state.old} → ${state.new}`),
      make("span", { class: `badge ${tone(state)}` }, badge)),
    make("p", { class: "reason" }, state.reason),
    line(rollout), share(rollout), commands(rollout), alerts(rollout), evidence(rollout),
    path(rollout), journal(rollout));
}

function line(rollout) {
  const { phase, step, outcome } = rollout.state;
  const through = phase === "watch" || outcome === "promoted";
  const back = phase === "back" || outcome === "rolled back";
  return make("ol", { class: "steps" }, ...rollout.steps.map((weight, at) => {
    const place = through || at < step ? "passed" : at === step ? (back ? "back" : "now") : "";
    return make("li", { class: place, "aria-current": place === "now" && "step" }, `${weight}%`);
  }));
}

function weight(rollout) {
  const { phase, step, outcome } = rollout.state;
  if (phase === "watch" || outcome === "promoted") return 100;
  return phase === "step" && step >= 0 ? rollout.steps[step] : 0;
}

function share(rollout) {
  const canary = weight(rollout);
  const bar = make("div", { class: "share" });
  // Set by the object model, which the content policy allows, unlike a style attribute.
  for (const [kind, version, percent] of [
    ["stable", rollout.state.old, 100 - canary], ["canary", rollout.state.new, canary]]) {
    if (percent > 0) {
      const piece = make("span", { class: kind, title: version },
        percent >= 15 ? `${version} ${number(percent)}%` : "");
      piece.style.width = `${percent}%`;
      bar.append(piece);
    }
  }
  return make("section", {}, make("h3", {}, word("share")), bar);
}

function evidence(rollout) {
  const { signals = [], reason, rollback_at: bound } = rollout.evidence;
  const cells = (s) => [rate(s.stable), rate(s.canary), [number(s.rollback)]];
  const body = signals.length === 0
    ? [make("p", { class: "empty" }, word("noEvidence"))]
    : [make("p", { class: "reason" }, reason), make("div", { class: "scroll" }, make("table", {},
      make("thead", {}, make("tr", {},
        make("th", {}, word("signal")),
        ...[word("stable"), word("canary"), word("value").replace("{}", number(bound))]
          .map((text) => make("th", { class: "number" }, text)))),
      make("tbody", {}, ...signals.map((s) => make("tr", { class: s.rollback >= bound && "bad" },
        make("td", {}, signal(s.signal)),
        ...cells(s).map((parts) => make("td", { class: "number" }, ...parts)))))))];
  return make("section", {}, make("h3", {}, word("evidence")), ...body);
}

const rate = ({ bad, total }) => total
  ? [`${number(100 * bad / total)}% `, make("span", { class: "counts" }, `${bad} / ${total}`)]
  : ["–"];

function alerts(rollout) {
  const heading = make("h3", {}, word("alerts"));
  if (!rollout.alerts || rollout.alerts.length === 0) {
    const text = word(rollout.alerts ? "noAlerts" : "alertsAway");
    return make("section", {}, heading, make("p", { class: rollout.alerts ? "empty" : "bad" }, text));
  }
  return make("section", {}, heading, make("ul", { class: "alerts" }, ...rollout.alerts.map((alert) =>
    make("li", { class: alert.severity === "critical" ? "bad" : "warn" },
      make("strong", {}, [alert.name, alert.version].filter(Boolean).join(" ")),
      ` ${alert.summary} `, make("span", { class: "quiet" }, time(alert.since))))));
}

function path(rollout) {
  const points = rollout.path || [];
  if (points.length < 2) return null;
  const lines = [
    { name: "rollback", words: word("against"), points: points.map((p) => [p.t, p.rollback]) },
    { name: "promote", words: word("for"), points: points.map((p) => [p.t, p.promote]) },
  ];
  const bounds = [
    { name: word("rollBackBound"), value: rollout.bounds.rollback },
    { name: word("passBound"), value: rollout.bounds.promote, left: true },
  ];
  return make("section", {}, make("h3", {}, word("path")), legend(lines), chart(lines, bounds, word("path")));
}

function legend(lines) {
  return make("p", { class: "legend" }, ...lines.map(({ name, words }) =>
    make("span", { class: name }, words)));
}

function journal(rollout) {
  const rows = rollout.entries.map((entry) => make("tr", {},
    make("td", { class: "time" }, make("span", { class: "date" }, entry.at.slice(0, 10)), " ",
      entry.at.slice(11, 19)),
    make("td", {}, word(entry.phase)),
    make("td", { class: "why" }, entry.reason)));
  return make("section", {}, make("h3", {}, word("journal")), make("div", { class: "scroll" },
    make("table", {}, make("thead", {}, make("tr", {},
      ...["time", "phase", "why"].map((key) => make("th", {}, word(key))))),
      make("tbody", {}, ...rows))));
}

function commands(rollout) {
  if (token === null || rollout.state.outcome) return null;
  const toggle = rollout.state.paused ? "resume" : "pause";
  const button = (name, danger) => make("button", {
    type: "button", class: danger && "danger",
    onclick: () => (!danger || confirm(word("sure"))) && say(rollout.model, name),
  }, word(name));
  return make("div", { class: "commands" }, button(toggle), button("promote"), button("abort", true));
}

async function say(model, command) {
  const answer = await fetch(`/api/rollouts/${encodeURIComponent(model)}/${command}`, {
    method: "POST", headers: { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok) {
    if (answer.status === 401) { token = null; show(); }
    alert(word("refusedBecause") + (await answer.json()).error);
  }
}

function show() {
  document.documentElement.lang = language;
  document.title = WORDS[language].title;
  for (const node of document.querySelectorAll("[data-word]")) {
    node.textContent = WORDS[language][node.dataset.word];
  }
  document.getElementById("language").textContent = WORDS[language].language;
  document.getElementById("unlock").textContent = word(token === null ? "unlock" : "lock");
  document.getElementById("unlock").hidden = !(last && last.commands);
  if (last === null || last.error) return;
  const cards = last.rollouts.map(card);
  document.getElementById("rollouts").replaceChildren(
    ...(cards.length ? cards : [make("p", { class: "empty" }, word("none"))]));
}

function link(key, away) {
  linked = [key, away];
  const node = document.getElementById("link");
  node.textContent = WORDS[language][key];
  node.classList.toggle("away", away);
}

document.getElementById("language").addEventListener("click", () => {
  language = language === "en" ? "zh" : "en";
  localStorage.setItem("language", language);
  show();
  link(...linked);
});
document.getElementById("unlock").addEventListener("click", () => {
  // Kept in memory alone: a reload forgets it, and no other page can read it.
  token = token === null ? prompt(word("token")) || null : null;
  show();
});

window.addEventListener("resize", show);

const stream = new EventSource("/api/events");
stream.addEventListener("message", (event) => {
  last = JSON.parse(event.data);
  link(last.error ? "clusterAway" : "live", Boolean(last.error));
  show();
});
stream.addEventListener("error", () => link("away", true));
show();
