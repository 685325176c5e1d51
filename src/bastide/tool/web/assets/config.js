// The config: shown, edited, applied. What the system refuses is listed with its place, and the caret goes there.

import { html, say } from "./element.js";
import { ask } from "./stream.js";
import { SEPARATOR } from "./system.js";

export class Config {
  #text = html("textarea", {
    "aria-label": "Config of the system", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off",
    oninput: () => this.#edited(), onscroll: () => this.#follow(), onkeydown: (event) => this.#key(event),
  });
  #numbers = html("pre", { class: "numbers", "aria-hidden": "true" });
  #findings = html("ul", { class: "findings", role: "alert" });
  #state = html("span", { class: "state", role: "status" });
  #apply = html("button", { type: "button", class: "main", id: "apply", onclick: () => this.apply() }, "Apply");
  #revert = html("button", { type: "button", id: "revert", onclick: () => this.load(true) }, "Revert");
  #places = {};
  #applied = "";

  constructor(pane, tools) {
    pane.append(html("div", { class: "editor" }, this.#numbers, this.#text), this.#findings);
    tools.append(this.#state, this.#revert, this.#apply);
    this.#edited();
  }

  /** Get the config that is in force. What somebody edits here stays, unless `anyway`. */
  async load(anyway = false) {
    if (!anyway && this.#text.value !== this.#applied) return;
    const answer = await ask("config");
    if (!answer.ok) {
      say(this.#state, answer.message);
      return;
    }
    this.#places = answer.places;
    if (answer.text !== this.#applied || anyway) {
      this.#applied = answer.text;
      this.#text.value = answer.text;
    }
    this.#applied = this.#text.value;       // as the browser writes ends of lines
    this.#findings.replaceChildren();
    this.#edited();
  }

  /** Show the start node of a component. The result tells whether there is one in this config. */
  reveal(label) {
    const place = this.#places[label];
    if (!place || this.#text.value !== this.#applied) return false;
    const [first, last] = place;
    this.#select(offset(this.#text.value, first), offset(this.#text.value, last + 1), first);
    return true;
  }

  has(label) {
    return label in this.#places;
  }

  /** Whether messages about a component name places of this config: that of its parent. */
  tells(label) {
    const [top] = Object.keys(this.#places);
    return top !== undefined && label.startsWith(top + SEPARATOR) && !label.slice((top + SEPARATOR).length).includes(SEPARATOR);
  }

  async apply() {
    const text = this.#text.value;
    this.#apply.disabled = true;
    say(this.#state, "checking …");
    const answer = await ask("config", { text });
    this.#show(answer.ok ? [] : answer.findings?.length ? answer.findings : [{ line: 0, column: 0, message: answer.message }]);
    if (answer.ok) {
      this.#applied = text;
      this.#places = answer.places;
    }
    this.#edited();
    say(this.#state, answer.ok ? "applied" : "refused: nothing was changed");
  }

  #show(findings) {
    this.#findings.replaceChildren(...findings.map(({ line, column, message }) => html("li", {},
      line ? html("button", { type: "button", class: "place", onclick: () => this.go(line, column) },
        `${line}:${column}`) : null, " ", message)));
    if (findings[0]?.line) this.go(findings[0].line, findings[0].column);
  }

  /** Put the caret at a place. */
  go(line, column) {
    const start = offset(this.#text.value, line) + Math.max(0, column - 1);
    const end = this.#text.value.indexOf("\n", start);
    this.#select(start, end < 0 ? this.#text.value.length : Math.max(end, start), line);
  }

  #select(start, end, line) {
    this.#text.focus();
    this.#text.setSelectionRange(start, end);
    const height = parseFloat(getComputedStyle(this.#text).lineHeight);
    this.#text.scrollTop = Math.max(0, (line - 3) * height);
    this.#follow();
  }

  #edited() {
    const count = this.#text.value.split("\n").length;
    say(this.#numbers, "");
    this.#numbers.textContent = Array.from({ length: count }, (_, index) => index + 1).join("\n");
    const changed = this.#text.value !== this.#applied;
    this.#apply.disabled = this.#revert.disabled = !changed;
    say(this.#state, changed ? "edited" : "");
    this.#follow();
  }

  #follow() {
    this.#numbers.scrollTop = this.#text.scrollTop;
  }

  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !this.#apply.disabled) this.apply();
  }
}

/** Where a line begins, counted from 1. */
function offset(text, line) {
  let start = 0;
  for (let number = 1; number < line; number += 1) {
    const end = text.indexOf("\n", start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  return start;
}
