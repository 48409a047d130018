// Shows what /api/events streams. Everything is built by DOM calls: no text becomes markup.
"use strict";

let last = null, token = null;

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== false) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const number = (value) => Number(value).toPrecision(4).replace(/\.?0+$/, "");
const time = (iso) => iso.slice(0, 19).replace("T", " ");

function tone(state) {
  if (state.outcome === "promoted") return "good";
  if (state.outcome || state.phase === "back") return "bad";
  return state.paused ? "wait" : "good";
}

function card(rollout) {
  const state = rollout.state;
  if (!state) return make("article", {}, make("h2", {}, rollout.model));
  const badge = word(state.outcome || state.phase) + (state.paused ? `, ${word("paused")}` : "");
  return make("article", { "aria-label": rollout.model },
    make("header", {},
      make("h2", {}, `${rollout.model}  ${state.old} → ${state.new}`),
      make("span", { class: `badge ${tone(state)}` }, badge)),
    make("p", { class: "reason" }, state.reason),
    line(rollout), share(rollout), evidence(rollout), path(rollout), commands(rollout),
    journal(rollout));
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
  const signals = rollout.evidence.signals || [];
  const table = signals.length === 0
    ? make("p", { class: "empty" }, word("noEvidence"))
    : make("div", { class: "scroll" }, make("table", {},
      make("thead", {}, make("tr", {},
        make("th", {}, word("signal")),
        ...["stable", "canary", "value"].map((k) => make("th", { class: "number" }, word(k))))),
      make("tbody", {}, ...signals.map((s) => make("tr", {},
        make("td", {}, s.signal),
        make("td", { class: "number" }, counts(s.stable)),
        make("td", { class: "number" }, counts(s.canary)),
        make("td", { class: "number" }, number(s.rollback)))))));
  return make("section", {}, make("h3", {}, word("evidence")), table);
}

const counts = (arm) => arm ? `${arm.bad} ${word("of")} ${arm.total}` : "–";

function path(rollout) {
  const points = rollout.path || [];
  if (points.length < 2) return null;
  const lines = [
    { name: "rollback", points: points.map((p) => [p.t, p.rollback]) },
    { name: "promote", points: points.map((p) => [p.t, p.promote]) },
  ];
  const bounds = [
    { name: word("rollBackBound"), value: rollout.bounds.rollback },
    { name: word("passBound"), value: rollout.bounds.promote },
  ];
  return make("section", {}, make("h3", {}, word("path")), chart(lines, bounds, word("path")));
}

function journal(rollout) {
  const rows = rollout.entries.map((entry) => make("tr", {},
    make("td", { class: "time" }, time(entry.at)),
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
    alert(word("refused") + (await answer.json()).error);
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
  if (last === null || last.error) return;
  const cards = last.rollouts.map(card);
  document.getElementById("rollouts").replaceChildren(
    ...(cards.length ? cards : [make("p", { class: "empty" }, word("none"))]));
}

function link(key, away) {
  const node = document.getElementById("link");
  node.textContent = WORDS[language][key];
  node.classList.toggle("away", away);
}

document.getElementById("language").addEventListener("click", () => {
  language = language === "en" ? "zh" : "en";
  localStorage.setItem("language", language);
  show();
  link("live", false);
});
document.getElementById("unlock").addEventListener("click", () => {
  // Kept in memory alone: a reload forgets it, and no other page can read it.
  token = token === null ? prompt(word("token")) || null : null;
  show();
});

const stream = new EventSource("/api/events");
stream.addEventListener("message", (event) => {
  last = JSON.parse(event.data);
  link(last.error ? "clusterAway" : "live", Boolean(last.error));
  show();
});
stream.addEventListener("error", () => link("away", true));
show();
