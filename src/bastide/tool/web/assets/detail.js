// What was chosen, in words: a component, an arrow, or else the system as a tree.
//
// A part is made anew when what it shows has changed, so that the focus stays where it is while figures change.

import { bytes, share, spent, supply } from "./amount.js";
import { html } from "./element.js";
import { SEPARATOR, troubles } from "./system.js";
import { ask } from "./stream.js";

const LINES = 8;

export class Detail {
  #pane;
  #tools;
  #parts = new Map();
  #shown = "";

  /** `tools`: choose(chosen), revealConfig(label), openConfig(line, column), config, log. */
  constructor(pane, tools) {
    this.#pane = pane;
    this.#tools = tools;
  }

  show(system, chosen) {
    const component = chosen?.component && system.get(chosen.component);
    const arrow = chosen?.arrow && system.arrows.find(({ id }) => id === chosen.arrow);
    const shown = JSON.stringify(chosen);
    if (shown !== this.#shown) this.#parts.clear();
    this.#shown = shown;
    if (component) this.#arrange(this.#component(system, component));
    else if (arrow) this.#arrange(this.#arrow(arrow));
    else if (chosen) this.#arrange([["gone", chosen, () => [this.#head("It is not there any more", "")]]]);
    else this.#arrange(this.#overview(system));
  }

  #arrange(parts) {
    const known = this.#parts;
    this.#parts = new Map();
    const made = parts.map(([name, data, make]) => {
      const text = JSON.stringify(data);
      const old = known.get(name);
      const part = old?.text === text ? old : { text, element: html("section", { class: name }, ...make(data)) };
      this.#parts.set(name, part);
      return part.element;
    });
    if (made.length !== this.#pane.childElementCount || made.some((part, at) => this.#pane.children[at] !== part)) {
      this.#pane.replaceChildren(...made);
    }
  }

  #overview(system) {
    const tree = (component) => [component.label, component.children.map(tree), troubles(system, component).length];
    return [
      ["head", system.name, () => [html("h2", {}, "The system"),
        html("p", { class: "hint" }, "Choose a component or an arrow. Red is what was denied.")]],
      ["wrong", system.problems.flatMap(({ label, text }) => this.#wrong(label, [text])), (problems) => this.#problems(problems)],
      ["tree", tree(system.root), (root) => [html("h3", {}, "Components"), html("ul", {}, this.#branch(root))]],
    ];
  }

  #branch([label, children, wrong]) {
    return html("li", {}, this.#link(label, wrong ? "wrong" : ""),
      children.length ? html("ul", {}, ...children.map((child) => this.#branch(child))) : null);
  }

  #component(system, component) {
    const { label, name, binary, state, restarts, cpu } = component;
    const uses = system.uses(label).map(summary);
    const serves = system.serves(label).map(summary);
    return [
      ["head", [label], () => [this.#head(name, label)]],
      ["wrong", this.#wrong(label, troubles(system, component)), (found) => this.#problems(found, false)],
      ["facts", { binary, state, restarts, cpu, provides: component.provides }, (facts) => [list(facts)]],
      ["budgets", [component.ram, component.caps], ([ram, caps]) => [
        ram && meter("RAM", ram, bytes, "ram"), caps && meter("Capabilities", caps, String, "caps")]],
      ["uses", uses, () => this.#sessions("Uses", uses, "server")],
      ["serves", serves, () => this.#sessions("Serves", serves, "client")],
      ["lines", this.#tools.log.of(label, LINES), (lines) => (lines.length ? [html("h3", {}, "Said last"),
        html("div", { class: "said" }, ...lines.map(({ text }) => html("div", {}, text)))] : [])],
      ["actions", [label, component.depth, this.#tools.config.has(label)], () => this.#actions(component)],
    ];
  }

  #arrow(arrow) {
    const { client, server, text, link } = arrow;
    const sessions = arrow.sessions.map(summary);
    const explanations = [...new Set(sessions.map(({ explanation }) => explanation).filter(Boolean))];
    return [
      ["head", [client, server, text], () => [this.#head(text, ""), html("p", { class: "path" },
        this.#link(client), ` ${server ? "uses it of" : "asks for it"} `, server ? this.#link(server) : null)]],
      ["wrong", this.#wrong(client, explanations),
        (found) => this.#problems(found, false, link === "denied" ? "Denied" : "Waiting")],
      ["uses", sessions, () => this.#sessions("Sessions", sessions, "")],
    ];
  }

  #head(name, label) {
    const outer = label.split(SEPARATOR).slice(0, -1);
    const path = outer.map((_, index) => outer.slice(0, index + 1).join(SEPARATOR));
    return html("div", {},
      html("button", { type: "button", class: "close", "aria-label": "Show the system", title: "Show the system",
        onclick: () => this.#tools.choose(null) }, "×"),
      html("h2", {}, name),
      path.length ? html("nav", { "aria-label": "Around it" }, ...path.flatMap((at) => [this.#link(at), "›"])) : null);
  }

  #problems(found, named = true, title = "What is wrong") {
    if (!found.length) return [];
    return [html("h3", {}, title), ...found.map(({ label, text }) => html("div", { class: "problem" },
      named ? this.#link(label) : null, html("p", {}, ...this.#readable(label, text))))];
  }

  /** What stands between backticks is what to write: it is set as code. A place in the config can be gone to. */
  #readable(label, text) {
    const pattern = this.#tools.config.tells(label) ? /`([^`]*)`|\bconfig:(\d+):(\d+)/g : /`([^`]*)`/g;
    const pieces = [];
    let end = 0;
    for (const { 0: whole, 1: code, 2: line, 3: column, index } of text.matchAll(pattern)) {
      pieces.push(text.slice(end, index), line === undefined ? html("code", {}, code)
        : html("button", { type: "button", class: "link", onclick: () => this.#tools.openConfig(+line, +column) }, whole));
      end = index + whole.length;
    }
    return [...pieces, text.slice(end)];
  }

  #wrong(label, texts) {
    return texts.map((text) => ({ label, text, places: this.#tools.config.tells(label) }));
  }

  #sessions(title, sessions, other) {
    if (!sessions.length) return [];
    return [html("h3", {}, `${title} `, html("small", {}, sessions.length)), html("table", {}, html("tbody", {},
      ...sessions.map((session) => html("tr", { class: session.link },
        html("th", { scope: "row" }, session.service),
        html("td", {}, other && session[other] ? this.#link(session[other]) : null,
          session.label ? html("span", { class: "label" }, session.label) : null),
        html("td", { class: "number" }, session.link === "open" && session.ram !== null ? bytes(session.ram) : session.link)))))];
  }

  #actions(component) {
    const { label, depth } = component;
    if (depth < 1) return [];
    const status = html("p", { role: "status" });
    const end = async () => {
      if (!confirm(`End ${label}? Its parent deals with it as with a fault.`)) return;
      const answer = await ask("kill", { label });
      status.textContent = answer.ok ? "It was ended." : answer.message;
    };
    const config = this.#tools.config.has(label)
      ? html("button", { type: "button", id: "show-config", onclick: () => this.#tools.revealConfig(label) }, "Show its config")
      : null;
    return [html("div", { class: "buttons" }, config,
      html("button", { type: "button", class: "danger", id: "kill", onclick: end }, "End it …")), status];
  }

  #link(label, kind = "") {
    return html("button", { type: "button", class: `link ${kind}`, title: label,
      onclick: () => this.#tools.choose({ component: label }) }, label.split(SEPARATOR).pop());
  }
}

function summary({ client, server, service, label, link, ram, explanation }) {
  return { client, server, service, label, link, ram, explanation };
}

function list({ binary, state, restarts, cpu, provides }) {
  const facts = [["Binary", binary], ["State", state || "as it should be"], ["Provides", provides.join(", ")],
    ["Restarts", restarts || ""], ["Processor", cpu === null ? "" : `${cpu.toFixed(cpu < 10 ? 2 : 0)} s`]];
  return html("dl", {}, ...facts.filter(([, value]) => value !== "").flatMap(
    ([name, value]) => [html("dt", {}, name), html("dd", {}, value)]));
}

function meter(name, amount, format, kind) {
  const part = share(amount);
  const front = html("span", { class: `fill ${kind} ${supply(part ?? 0)}` });
  front.style.width = `${(part ?? 0) * 100}%`;
  const known = part === null ? {} : { role: "meter", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": 100,
    "aria-valuenow": Math.round(part * 100), "aria-valuetext": spent(amount, format) };
  return html("div", { class: "budget" }, html("span", {}, name), html("span", { class: "number" }, spent(amount, format)),
    part === null ? null : html("div", { class: "track", ...known }, front));
}
