// The arrow of all sessions between two components, or to a sign that says what somebody did not get.

import { chooser, say, sayLines, svg } from "./element.js";
import { cut } from "./layout.js";

const HEAD = 9;
const BEND = 7;

export class Arrow {
  #title = svg("title");
  #line = svg("path", { class: "line" });
  #touch = svg("path", { class: "touch" });
  #head = svg("path", { class: "head" });
  #words = svg("text", { "text-anchor": "middle", "dominant-baseline": "central" });
  #sign = null;

  constructor({ client, server }, choose) {
    this.ends = server ? [client, server] : [client];
    this.group = svg("g", { role: "button", tabindex: "0", ...chooser(choose) },
      this.#title, this.#line, this.#touch, this.#head);
    if (server) {
      this.caption = svg("g", { "aria-hidden": "true", ...chooser(choose) }, this.#words);
    } else {
      this.caption = null;
      this.#sign = svg("rect", { class: "sign", rx: BEND });
      this.group.append(this.#sign, this.#words);
    }
  }

  get parts() {
    return this.caption ? [this.group, this.caption] : [this.group];
  }

  /** `boxes` has the places of components and signs; `way` that of the arrow, if it was given one. */
  place(arrow, boxes, way = direct(boxes.get(arrow.client), boxes.get(arrow.server))) {
    for (const path of [this.#line, this.#touch]) path.setAttribute("d", rounded(way.points));
    this.#head.setAttribute("d", tip(way.points.at(-2), way.points.at(-1)));
    say(this.#words, cut(arrow.server ? arrow.text : `✗ ${arrow.service}`));
    const sign = boxes.get(arrow.id);
    const middle = way.label ?? centre(sign);
    this.#words.setAttribute("x", middle.x);
    this.#words.setAttribute("y", middle.y);
    if (this.#sign) for (const name of ["x", "y", "width", "height"]) this.#sign.setAttribute(name, sign[name]);
  }

  describe({ client, server, text, service, link, loose, sessions }) {
    const what = server ? `${client} uses ${text} of ${server}` : `${client} asks for ${service}`;
    const why = sessions.map((session) => session.explanation).filter(Boolean);
    sayLines(this.#title, [link === "open" ? what : `${what}: ${link}`, ...new Set(why)]);
    this.group.setAttribute("aria-label", this.#title.textContent);
    const kind = `${link}${loose ? " loose" : ""}`;
    this.group.setAttribute("class", `arrow ${kind}`);
    this.caption?.setAttribute("class", `caption ${kind}`);
  }
}

function centre({ x, y, width, height }) {
  return { x: x + width / 2, y: y + height / 2 };
}

/** From the middle of one box to the wall of another. */
function direct(client, server) {
  const [start, middle] = [centre(client), centre(server)];
  const [x, y] = [start.x - middle.x, start.y - middle.y];
  const part = Math.min(server.width / 2 / Math.abs(x || 1e-9), server.height / 2 / Math.abs(y || 1e-9), 1);
  const end = { x: middle.x + x * part, y: middle.y + y * part };
  return { points: [start, end], label: { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 } };
}

/** A line through the points, with its corners rounded off. It ends within the head. */
function rounded(points) {
  let path = `M${points[0].x},${points[0].y}`;
  for (let index = 1; index < points.length - 1; index += 1) {
    const [before, corner, after] = points.slice(index - 1, index + 2);
    const [start, end] = [towards(corner, before, BEND), towards(corner, after, BEND)];
    path += `L${start.x},${start.y}Q${corner.x},${corner.y} ${end.x},${end.y}`;
  }
  const last = towards(points.at(-1), points.at(-2), HEAD / 2);
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
  const corner = (side) => `${to.x - HEAD * x + side * 4 * y},${to.y - HEAD * y - side * 4 * x}`;
  return `M${to.x},${to.y}L${corner(1)}L${corner(-1)}Z`;
}
