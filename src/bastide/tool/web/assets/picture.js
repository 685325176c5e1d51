// The picture: a box for each component, an arrow for each pair that has sessions, a red sign for what was denied.
//
// Elements are kept as long as what they show is there. Places come from layout.js, when the structure is another one;
// figures change in between without anything being moved. Who is gone fades, and leaves a gap for a moment: a component
// that is restarted comes back to where it was.

import { Arrow } from "./arrow.js";
import { Box } from "./box.js";
import { svg } from "./element.js";
import { structure } from "./layout.js";
import { troubles } from "./system.js";
import { Viewport } from "./viewport.js";

const GAP = 2500;                       // milliseconds

export class Picture {
  #layout;
  #choose;
  #layers = {};
  #boxes = new Map();                   // by label
  #arrows = new Map();                  // by id
  #places = null;
  #drawn = new Set();
  #gap = null;
  #latest = null;
  #wanted = null;
  #busy = false;
  #chosen = null;

  constructor(surface, layout, choose) {
    this.#layout = layout;
    this.#choose = choose;
    const content = svg("g");
    for (const name of ["frames", "arrows", "boxes", "words"]) {
      this.#layers[name] = svg("g", { class: name });
      content.append(this.#layers[name]);
    }
    surface.append(content);
    surface.addEventListener("click", () => choose(null));
    this.viewport = new Viewport(surface, content);
  }

  /** Show a system; of several that come while places are sought, the last one. */
  async show(system) {
    this.#latest = this.#wanted = system;
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#wanted) {
        const next = this.#wanted;
        this.#wanted = null;
        const parts = structure(next);
        if (this.#outdated(parts)) {
          this.#places = await this.#layout.of(next, this.viewport.seen);
          this.#drawn = new Set(parts);
          this.#arrange(next);
        }
        this.#describe(next);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Mark what was chosen: {component} or {arrow}, or nothing. */
  mark(chosen) {
    this.#chosen = chosen;
    for (const [label, box] of this.#boxes) toggle(box, "chosen", chosen?.component === label);
    for (const [id, arrow] of this.#arrows) {
      toggle(arrow, "chosen", chosen?.arrow === id || arrow.ends.includes(chosen?.component));
    }
  }

  /** Bring a component into view. */
  reveal(label) {
    const place = this.#places?.boxes.get(label);
    if (place) this.viewport.reveal(place);
  }

  /** Whether new places are needed, and the time for a gap is over. */
  #outdated(parts) {
    const fewer = parts.every((part) => this.#drawn.has(part));
    const same = fewer && parts.length === this.#drawn.size;
    if (fewer && !same && (!this.#gap || Date.now() < this.#gap.until)) {
      this.#gap ??= { until: Date.now() + GAP - 50, timer: setTimeout(() => this.show(this.#latest), GAP) };
      return false;
    }
    clearTimeout(this.#gap?.timer);
    this.#gap = null;
    return !same;
  }

  #arrange(system) {
    const arrows = new Map(system.arrows.map((arrow) => [arrow.id, arrow]));
    keep(this.#boxes, (label, box) => system.get(label) && box.frame === system.get(label).children.length > 0);
    keep(this.#arrows, (id) => arrows.has(id));
    for (const { label, children } of system.components.values()) {
      if (!this.#boxes.has(label)) {
        const box = new Box(children.length > 0, () => this.#choose({ component: label }));
        this.#boxes.set(label, box);
        this.#layers[box.frame ? "frames" : "boxes"].append(box.group);
      }
      this.#boxes.get(label).place(this.#places.boxes.get(label));
    }
    for (const [id, arrow] of arrows) {
      if (!this.#arrows.has(id)) {
        const made = new Arrow(arrow, () => this.#choose({ arrow: id }));
        this.#arrows.set(id, made);
        this.#layers.arrows.append(made.group);
        if (made.caption) this.#layers.words.append(made.caption);
      }
      this.#arrows.get(id).place(arrow, this.#places.boxes, this.#places.arrows.get(id));
    }
    this.viewport.resize(this.#places.width, this.#places.height);
  }

  #describe(system) {
    const crowds = new Map();
    const arrows = new Set();
    for (const arrow of system.arrows) {
      if (arrow.loose) crowds.set(arrow.server, (crowds.get(arrow.server) ?? 0) + 1);
      arrows.add(arrow.id);
      this.#arrows.get(arrow.id).describe(arrow);
    }
    for (const component of system.components.values()) {
      this.#boxes.get(component.label).describe(component, troubles(system, component), crowds.get(component.label));
    }
    for (const [label, box] of this.#boxes) toggle(box, "gone", !system.get(label));
    for (const [id, arrow] of this.#arrows) toggle(arrow, "gone", !arrows.has(id));
    this.mark(this.#chosen);
  }
}

function toggle(element, name, wanted) {
  for (const part of element.parts) part.classList.toggle(name, wanted);
}

function keep(elements, stays) {
  for (const [key, element] of elements) {
    if (stays(key, element)) continue;
    for (const part of element.parts) part.remove();
    elements.delete(key);
  }
}
