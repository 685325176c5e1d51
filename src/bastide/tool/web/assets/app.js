// The page: puts its parts together, and keeps what was chosen.

import { bytes } from "./amount.js";
import { Config } from "./config.js";
import { Detail } from "./detail.js";
import { html, say } from "./element.js";
import { Layout } from "./layout.js";
import { Log } from "./log.js";
import { Picture } from "./picture.js";
import { Stream } from "./stream.js";
import { System } from "./system.js";

const WORKER = "assets/vendor/elkjs-0.12.1/elk-worker.min.js";
const at = (id) => document.getElementById(id);

let system = null;
let chosen = null;

const config = new Config(at("config"), at("config-tools"));
const log = new Log(at("log"), at("log-tools"), choose);
const picture = new Picture(at("picture"), new Layout(worker()), choose);
const detail = new Detail(at("detail"), { choose, revealConfig, openConfig, config, log });

function choose(next) {
  chosen = next;
  log.about(chosen?.component ?? null);
  if (chosen?.component) picture.reveal(chosen.component);
  show();
}

function show() {
  if (!system) return;
  picture.mark(chosen);
  detail.show(system, chosen);
}

async function revealConfig(label) {
  await open("config");
  config.reveal(label);
}

async function openConfig(line, column) {
  await open("config");
  config.go(line, column);
}

function open(name) {
  fold(false);
  for (const pane of ["log", "config"]) {
    at(pane).hidden = at(`${pane}-tools`).hidden = pane !== name;
    at(`${pane}-tab`).setAttribute("aria-selected", String(pane === name));
    at(`${pane}-tab`).tabIndex = pane === name ? 0 : -1;
  }
  // Others may have applied another one meanwhile.
  return name === "config" ? config.load() : null;
}

function fold(folded) {
  at("dock").classList.toggle("folded", folded);
  at("fold").setAttribute("aria-expanded", String(!folded));
  say(at("fold"), folded ? "▴" : "▾");
}

function state(told) {
  system = new System(told);
  document.title = `${system.name} · Bastide`;
  say(at("name"), system.name);
  const problems = system.problems.length;
  const used = [...system.components.values()].reduce((sum, { ram }) => sum + (ram?.used ?? 0), 0);
  const figures = [[system.components.size, "components"], [system.sessions.length, "sessions"], [bytes(used), "used"]];
  at("figures").replaceChildren(...figures.map(([value, name]) => html("div", {}, html("dd", {}, value), html("dt", {}, name))));
  at("problems").hidden = !problems;
  say(at("problems"), problems === 1 ? "✗ 1 problem" : `✗ ${problems} problems`);
  picture.show(system).catch((error) => say(at("status"), `the picture can't be drawn: ${error.message}`));
  show();
}

function connected(there) {
  say(at("status"), there ? "live" : "connecting …");
  at("status").className = `status ${there ? "live" : "lost"}`;
  if (there) config.load();
}

function worker() {
  // The browser runs no script but those of this page, and this one only as a worker.
  const policy = globalThis.trustedTypes?.createPolicy("bastide", { createScriptURL: () => WORKER });
  return new Worker(policy ? policy.createScriptURL("") : WORKER);
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("bastide-theme", root.dataset.theme);
  } catch {
    // A browser that stores nothing.
  }
}

at("log-tab").addEventListener("click", () => open("log"));
at("config-tab").addEventListener("click", () => open("config"));
for (const [tab, other] of [["log", "config"], ["config", "log"]]) {
  at(`${tab}-tab`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    open(other);
    at(`${other}-tab`).focus();
  });
}
at("fold").addEventListener("click", () => fold(!at("dock").classList.contains("folded")));
at("problems").addEventListener("click", () => choose(null));
at("larger").addEventListener("click", () => picture.viewport.larger());
at("smaller").addEventListener("click", () => picture.viewport.smaller());
at("whole").addEventListener("click", () => picture.viewport.whole());
at("theme").addEventListener("click", switchTheme);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen) choose(null);
});

new Stream({
  state,
  connection: connected,
  log: ({ lines, lost }) => {
    if (lost) log.add([{ label: "", text: `… ${lost} lines are not here any more`, note: true }]);
    log.add(lines);
    if (chosen) show();
  },
  trouble: ({ reason }) => {
    say(at("status"), reason || "live");
    at("status").className = `status ${reason ? "lost" : "live"}`;
  },
  ended: ({ reason }) => {
    say(at("status"), reason);
    at("status").className = "status ended";
    document.body.classList.add("ended");
  },
});
