// The picture: a box for each component, an arrow for each pair that has sessions, a red sign for what was denied.
//
// Elements are kept as long as what they show is there. Places come from layout.js, when the structure is another one;
// figures change in between without anything being moved. Who is gone fades, and leaves a gap for a moment: a component
// that is restarted comes back to where it was.

import { bytes, share, spent, supply } from "./amount.js";
import { say, sayLines, svg } from "./element.js";
import { cut, structure } from "./layout.js";
import { troubles } from "./system.js";
import { Viewport } from "./viewport.js";

const BAR = 4;
const CORNER = 7;
const GAP = 2500;                       // milliseconds

export class Picture {
  #layout;
  #choose;
  #layers = {};
  #boxes = new Map();
  #arrows = new Map();
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
        if (this.#outdated(structure(next))) {
          this.#places = await this.#layout.of(next, this.viewport.seen);
          this.#drawn = new Set(structure(next));
          this.#place(next);
        }
        this.#fill(next);
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Mark what was chosen: {component} or {arrow}, or nothing. */
  mark(chosen) {
    this.#chosen = chosen;
    for (const [label, box] of this.#boxes) box.group.classList.toggle("chosen", chosen?.component === label);
    for (const [id, arrow] of this.#arrows) {
      const touched = chosen?.arrow === id || [arrow.client, arrow.server].includes(chosen?.component ?? null);
      for (const part of arrow.parts) part.classList.toggle("chosen", touched);
    }
  }

  reveal(label) {
    const place = this.#places?.boxes.get(label);
    if (place) this.viewport.reveal(place);
  }

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

  #place(system) {
    remove(this.#boxes, (label) => system.get(label), (box) => [box.group]);
    const arrows = new Map(system.arrows.map((arrow) => [arrow.id, arrow]));
    remove(this.#arrows, (id) => arrows.has(id), (arrow) => arrow.parts);
    for (const component of system.components.values()) {
      if (this.#boxes.get(component.label)?.frame !== component.children.length > 0) this.#make(component);
      fit(this.#boxes.get(component.label), this.#places.boxes.get(component.label));
    }
    for (const arrow of system.arrows) {
      if (!this.#arrows.has(arrow.id)) this.#connect(arrow);
      const place = arrow.loose
        ? direct(this.#places.boxes.get(arrow.client), this.#places.boxes.get(arrow.server))
        : this.#places.arrows.get(arrow.id);
      draw(this.#arrows.get(arrow.id), arrow, place, this.#places.boxes.get(arrow.id));
    }
    this.viewport.resize(this.#places.width, this.#places.height);
  }

  #make(component) {
    this.#boxes.get(component.label)?.group.remove();
    const frame = component.children.length > 0;
    const made = {
      frame,
      title: svg("title"),
      rect: svg("rect", { class: "body", rx: frame ? 10 : CORNER }),
      name: svg("text", { class: "name", x: 24, y: frame ? 25 : 21 }),
      below: svg("text", { class: "below", x: frame ? 0 : 12, y: frame ? 25 : 36 }),
      light: svg("circle", { class: "light", cx: 14, cy: frame ? 20.5 : 16.5, r: 4 }),
      count: svg("text", { class: "count", "text-anchor": "end", y: frame ? 25 : 21 }),
      bars: ["ram", "caps"].map((kind) => ({ kind, back: svg("rect", { class: "bar" }), front: svg("rect") })),
    };
    made.group = svg("g", {
      class: frame ? "frame" : "box", role: "button", tabindex: "0",
      ...chooser(() => this.#choose({ component: component.label })),
    }, made.title, made.rect, made.light, made.name, made.below, made.count,
    ...made.bars.flatMap(({ back, front }) => [back, front]));
    this.#boxes.set(component.label, made);
    this.#layers[frame ? "frames" : "boxes"].append(made.group);
  }

  #connect(arrow) {
    const choose = chooser(() => this.#choose({ arrow: arrow.id }));
    const made = {
      client: arrow.client, server: arrow.server,
      title: svg("title"), line: svg("path", { class: "line" }), touch: svg("path", { class: "touch" }),
      head: svg("path", { class: "head" }), words: svg("text", { "text-anchor": "middle", "dominant-baseline": "central" }),
    };
    const group = svg("g", { role: "button", tabindex: "0", ...choose }, made.title, made.line, made.touch, made.head);
    made.parts = [group];
    if (arrow.server) {
      made.label = svg("g", { "aria-hidden": "true", ...choose }, made.words);
      this.#layers.words.append(made.label);
      made.parts.push(made.label);
    } else {
      made.sign = svg("rect", { class: "sign", rx: CORNER });
      group.append(made.sign, made.words);
    }
    this.#arrows.set(arrow.id, made);
    this.#layers.arrows.append(group);
  }

  #fill(system) {
    const loose = new Map();
    for (const arrow of system.arrows.filter((each) => each.loose)) loose.set(arrow.server, (loose.get(arrow.server) ?? 0) + 1);
    for (const component of system.components.values()) {
      describe(this.#boxes.get(component.label), component, troubles(system, component), loose.get(component.label));
    }
    for (const arrow of system.arrows) {
      const made = this.#arrows.get(arrow.id);
      const what = arrow.server ? `${arrow.client} uses ${arrow.text} of ${arrow.server}`
        : `${arrow.client} asks for ${arrow.service}`;
      const why = arrow.sessions.map((session) => session.explanation).filter(Boolean);
      sayLines(made.title, [arrow.link === "open" ? what : `${what}: ${arrow.link}`, ...new Set(why)]);
      made.parts[0].setAttribute("aria-label", made.title.textContent);
      made.parts.forEach((part, index) => part.setAttribute("class",
        `${index ? "caption" : "arrow"} ${arrow.link}${arrow.loose ? " loose" : ""}`));
    }
    const there = new Set(system.arrows.map((arrow) => arrow.id));
    for (const [label, box] of this.#boxes) box.group.classList.toggle("gone", !system.get(label));
    for (const [id, arrow] of this.#arrows) {
      for (const part of arrow.parts) part.classList.toggle("gone", !there.has(id));
    }
    this.mark(this.#chosen);
  }
}

function chooser(choose) {
  return {
    onclick: (event) => {
      event.stopPropagation();
      choose();
    },
    onkeydown: (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose();
    },
  };
}

function remove(elements, stays, parts) {
  for (const [key, element] of elements) {
    if (stays(key)) continue;
    for (const part of parts(element)) part.remove();
    elements.delete(key);
  }
}

function fit(box, { x, y, width, height }) {
  box.group.style.transform = `translate(${x}px, ${y}px)`;
  box.rect.setAttribute("width", width);
  box.rect.setAttribute("height", height);
  const whole = box.frame ? Math.min(70, width / 5) : (width - 32) / 2;
  box.count.setAttribute("x", width - 12 - (box.frame ? 2 * whole + 20 : 0));
  box.bars.forEach(({ back, front }, index) => {
    const left = box.frame ? width - 12 - (2 - index) * (whole + 8) + 8 : 12 + index * (whole + 8);
    for (const bar of [back, front]) {
      bar.setAttribute("x", left);
      bar.setAttribute("y", box.frame ? 18.5 : height - 11);
      bar.setAttribute("height", BAR);
      bar.setAttribute("rx", BAR / 2);
    }
    back.setAttribute("width", whole);
    front.dataset.whole = whole;
  });
}

function describe(box, component, wrong, crowd) {
  const amounts = { ram: spent(component.ram, bytes), caps: spent(component.caps, String) };
  const states = [component.state || "as it should be", ...wrong];
  say(box.name, cut(component.name));
  say(box.below, component.binary === component.name ? "" : cut(component.binary));
  if (box.frame) box.below.setAttribute("x", 32 + box.name.getComputedTextLength());
  const counts = [[wrong.length, "✗"], [component.restarts, "↻"], [crowd, "←"]];
  say(box.count, counts.filter(([count]) => count).map(([count, sign]) => `${sign} ${count}`).slice(0, 1).join(" "));
  box.group.classList.toggle("wrong", wrong.length > 0);
  const over = component.state.startsWith("exited");
  box.group.classList.toggle("odd", !wrong.length && component.state !== "" && !over);
  box.group.classList.toggle("over", !wrong.length && over);
  sayLines(box.title, [component.label, ...states, `RAM: ${amounts.ram}`, `capabilities: ${amounts.caps}`]);
  box.group.setAttribute("aria-label", box.title.textContent.replaceAll("\n", ", "));
  for (const { kind, back, front } of box.bars) {
    const part = share(component[kind]);
    for (const bar of [back, front]) bar.toggleAttribute("hidden", part === null);
    front.setAttribute("width", (part ?? 0) * front.dataset.whole);
    front.setAttribute("class", `bar ${kind} ${supply(part ?? 0)}`);
  }
}

function draw(made, arrow, { points, label }, sign) {
  const path = rounded(points);
  made.line.setAttribute("d", path);
  made.touch.setAttribute("d", path);
  made.head.setAttribute("d", tip(points.at(-2), points.at(-1)));
  say(made.words, cut(arrow.server ? arrow.text : `✗ ${arrow.service}`));
  const middle = label ?? (sign && { x: sign.x + sign.width / 2, y: sign.y + sign.height / 2 });
  if (middle) {
    made.words.setAttribute("x", middle.x);
    made.words.setAttribute("y", middle.y);
  }
  if (made.sign && sign) {
    for (const name of ["x", "y", "width", "height"]) made.sign.setAttribute(name, sign[name]);
  }
}

/** From the middle of one box to the wall of another. */
function direct(client, server) {
  const [start, middle] = [client, server].map((box) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 }));
  const [x, y] = [start.x - middle.x, start.y - middle.y];
  const part = Math.min(server.width / 2 / Math.abs(x || 1e-9), server.height / 2 / Math.abs(y || 1e-9), 1);
  const end = { x: middle.x + x * part, y: middle.y + y * part };
  return { points: [start, end], label: { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 } };
}

/** A line through the points, with its corners rounded off. */
function rounded(points) {
  let path = `M${points[0].x},${points[0].y}`;
  for (let index = 1; index < points.length - 1; index += 1) {
    const [before, corner, after] = points.slice(index - 1, index + 2);
    const start = towards(corner, before, 7);
    const end = towards(corner, after, 7);
    path += `L${start.x},${start.y}Q${corner.x},${corner.y} ${end.x},${end.y}`;
  }
  const last = towards(points.at(-1), points.at(-2), 5);
  return `${path}L${last.x},${last.y}`;
}

/** The place so far from `from` in the direction of `to`, or half of the way. */
function towards(from, to, distance) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const part = Math.min(distance / length, 0.5);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function tip(from, to) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [x, y] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const corner = (side) => `${to.x - 9 * x + side * 4 * y},${to.y - 9 * y - side * 4 * x}`;
  return `M${to.x},${to.y}L${corner(1)}L${corner(-1)}Z`;
}
