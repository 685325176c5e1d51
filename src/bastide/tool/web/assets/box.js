// The box of a component: its name, a light for its state, and a bar for each budget. A frame has others inside.

import { bytes, share, spent, supply } from "./amount.js";
import { chooser, say, sayLines, svg } from "./element.js";
import { cut } from "./layout.js";

const BAR = 4;
const CORNER = 7;

export class Box {
  #title = svg("title");
  #body;
  #name;
  #below;
  #count;
  #bars;

  constructor(frame, choose) {
    const base = frame ? 25 : 21;
    this.frame = frame;
    this.#body = svg("rect", { class: "body", rx: frame ? 10 : CORNER });
    this.#name = svg("text", { class: "name", x: 24, y: base });
    this.#below = svg("text", { class: "below", x: 12, y: frame ? base : 36 });
    this.#count = svg("text", { class: "count", "text-anchor": "end", y: base });
    this.#bars = ["ram", "caps"].map((kind) => ({ kind, whole: 0, back: svg("rect", { class: "bar" }), front: svg("rect") }));
    this.group = svg("g", { class: frame ? "frame" : "box", role: "button", tabindex: "0", ...chooser(choose) },
      this.#title, this.#body, svg("circle", { class: "light", cx: 14, cy: base - 4.5, r: 4 }),
      this.#name, this.#below, this.#count, ...this.#bars.flatMap(({ back, front }) => [back, front]));
  }

  get parts() {
    return [this.group];
  }

  place({ x, y, width, height }) {
    this.group.style.transform = `translate(${x}px, ${y}px)`;
    set(this.#body, { width, height });
    const whole = this.frame ? Math.min(70, width / 5) : (width - 32) / 2;
    set(this.#count, { x: width - 12 - (this.frame ? 2 * whole + 20 : 0) });
    this.#bars.forEach((bar, index) => {
      bar.whole = whole;
      const left = this.frame ? width - 4 - (2 - index) * (whole + 8) : 12 + index * (whole + 8);
      const place = { x: left, y: this.frame ? 18.5 : height - 11, height: BAR, rx: BAR / 2 };
      set(bar.back, { ...place, width: whole });
      set(bar.front, place);
    });
  }

  /** `wrong` are explanations, `crowd` how many use it by arrows that are not seen. */
  describe(component, wrong, crowd) {
    const over = component.state.startsWith("exited");
    const counts = [[wrong.length, "✗"], [component.restarts, "↻"], [crowd, "←"]].find(([count]) => count);
    say(this.#name, cut(component.name));
    say(this.#below, component.binary === component.name ? "" : cut(component.binary));
    if (this.frame) set(this.#below, { x: 32 + this.#name.getComputedTextLength() });
    say(this.#count, counts ? `${counts[1]} ${counts[0]}` : "");
    this.group.classList.toggle("wrong", wrong.length > 0);
    this.group.classList.toggle("odd", !wrong.length && component.state !== "" && !over);
    this.group.classList.toggle("over", !wrong.length && over);
    sayLines(this.#title, [component.label, component.state || "as it should be", ...wrong,
      `RAM: ${spent(component.ram, bytes)}`, `capabilities: ${spent(component.caps, String)}`]);
    this.group.setAttribute("aria-label", this.#title.textContent.replaceAll("\n", ", "));
    for (const { kind, whole, back, front } of this.#bars) {
      const part = share(component[kind]);
      for (const bar of [back, front]) bar.toggleAttribute("hidden", part === null);
      set(front, { width: (part ?? 0) * whole, class: `bar ${kind} ${supply(part ?? 0)}` });
    }
  }
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
