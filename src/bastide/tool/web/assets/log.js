// The log: the newest lines, of all components or of one and what is inside it.

import { html, say } from "./element.js";
import { SEPARATOR } from "./system.js";

const MOST = 3000;
const SHOWN = 800;

export class Log {
  #lines = [];
  #pane;
  #choose;
  #label = null;
  #only = html("input", { type: "checkbox", id: "log-only", onchange: () => this.#again() });
  #of = html("label", { for: "log-only" });
  #words = html("input", {
    type: "search", placeholder: "Find in the log", "aria-label": "Find in the log", maxlength: 100, oninput: () => this.#again(),
  });

  constructor(pane, tools, choose) {
    this.#pane = pane;
    this.#choose = choose;
    tools.append(html("span", { class: "choice" }, this.#only, this.#of), this.#words);
    this.about(null);
  }

  /** Add lines: [{label, text}]. */
  add(lines) {
    this.#lines.push(...lines);
    if (this.#lines.length > MOST) this.#lines.splice(0, this.#lines.length - MOST);
    this.#append(lines);
  }

  /** The newest lines of a component. */
  of(label, count) {
    return this.#lines.filter((line) => line.label === label).slice(-count);
  }

  /** The component that was chosen, or null. */
  about(label) {
    this.#label = label;
    this.#of.parentElement.hidden = label === null;
    say(this.#of, label === null ? "" : `only ${label.split(SEPARATOR).pop()}`);
    if (this.#only.checked) this.#again();
  }

  #again() {
    this.#pane.replaceChildren();
    this.#append(this.#lines);
  }

  #append(lines) {
    const atEnd = this.#pane.scrollHeight - this.#pane.scrollTop - this.#pane.clientHeight < 40;
    this.#pane.append(...lines.filter((line) => this.#wanted(line)).slice(-SHOWN).map((line) => this.#row(line)));
    while (this.#pane.childElementCount > SHOWN) this.#pane.firstElementChild.remove();
    if (atEnd) this.#pane.scrollTop = this.#pane.scrollHeight;
  }

  #wanted({ label, text }) {
    const words = this.#words.value.toLowerCase();
    if (words && !`${label} ${text}`.toLowerCase().includes(words)) return false;
    return !this.#only.checked || this.#label === null || label === this.#label
      || label.startsWith(this.#label + SEPARATOR);
  }

  #row({ label, text, note }) {
    const kind = text.startsWith("Error:") ? " error" : text.startsWith("Warning:") ? " warning" : "";
    const name = label
      ? html("button", { type: "button", class: "who", onclick: () => this.#choose({ component: label }) }, label)
      : html("span", { class: "who" }, note ? "bastide" : "core");
    return html("div", { class: `line${kind}` }, name, html("span", { class: "text" }, text));
  }
}
