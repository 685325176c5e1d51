// What part of the picture is seen, and how large: by wheel, by dragging, by keys, and as a whole.

const LEAST = 0.1;
const MOST = 2.5;
const STEP = 1.25;
const EDGE = 24;                        // around the whole, when all of it is shown

export class Viewport {
  #surface;
  #content;
  #size = { width: 1, height: 1 };
  #own = false;                         // whether somebody chose what to see
  #x = 0;
  #y = 0;
  #scale = 1;

  constructor(surface, content) {
    this.#surface = surface;
    this.#content = content;
    surface.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    surface.addEventListener("pointerdown", (event) => this.#drag(event));
    surface.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#own || this.whole()).observe(surface);
  }

  /** The size of what it is seen in. */
  get seen() {
    const { width, height } = this.#surface.getBoundingClientRect();
    return { width: width - 2 * EDGE, height: height - 2 * EDGE };
  }

  /** The picture has another size. What is seen stays, unless all of it was seen. */
  resize(width, height) {
    this.#size = { width, height };
    if (!this.#own) this.whole();
  }

  /** Show all of it, but nothing larger than it is. */
  whole() {
    const { width, height } = this.#surface.getBoundingClientRect();
    const fitting = Math.min(this.seen.width / this.#size.width, this.seen.height / this.#size.height);
    this.#scale = Math.max(LEAST, Math.min(1.15, fitting));
    this.#x = (width - this.#size.width * this.#scale) / 2;
    this.#y = Math.max(EDGE, (height - this.#size.height * this.#scale) / 2);
    this.#own = false;
    this.#apply();
  }

  larger() {
    this.#zoom(STEP);
  }

  smaller() {
    this.#zoom(1 / STEP);
  }

  /** Bring a place of the picture into view, if it isn't. */
  reveal({ x, y, width, height }) {
    const seen = this.#surface.getBoundingClientRect();
    const left = x * this.#scale + this.#x;
    const top = y * this.#scale + this.#y;
    const inside = left >= 0 && top >= 0 && left + width * this.#scale <= seen.width
      && top + height * this.#scale <= seen.height;
    if (inside || width * this.#scale > seen.width || height * this.#scale > seen.height) return;
    this.#x += seen.width / 2 - (left + (width * this.#scale) / 2);
    this.#y += seen.height / 2 - (top + (height * this.#scale) / 2);
    this.#own = true;
    this.#apply();
  }

  #zoom(factor, at = null) {
    const seen = this.#surface.getBoundingClientRect();
    const centre = at ?? { x: seen.width / 2, y: seen.height / 2 };
    const scale = Math.max(LEAST, Math.min(MOST, this.#scale * factor));
    this.#x = centre.x - ((centre.x - this.#x) * scale) / this.#scale;
    this.#y = centre.y - ((centre.y - this.#y) * scale) / this.#scale;
    this.#scale = scale;
    this.#own = true;
    this.#apply();
  }

  #wheel(event) {
    event.preventDefault();
    const seen = this.#surface.getBoundingClientRect();
    this.#zoom(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 500)),
      { x: event.clientX - seen.left, y: event.clientY - seen.top });
  }

  #drag(event) {
    if (event.button !== 0) return;
    let { clientX: x, clientY: y } = event;
    let moved = false;
    const move = (next) => {
      if (!moved && Math.hypot(next.clientX - x, next.clientY - y) < 4) return;
      if (!moved) this.#surface.setPointerCapture(event.pointerId);
      moved = this.#own = true;
      this.#x += next.clientX - x;
      this.#y += next.clientY - y;
      ({ clientX: x, clientY: y } = next);
      this.#apply();
    };
    const end = () => {
      this.#surface.removeEventListener("pointermove", move);
      this.#surface.removeEventListener("pointerup", end);
      this.#surface.removeEventListener("pointercancel", end);
      // The click that ends a drag is no choice of what is below.
      if (moved) this.#surface.addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
    };
    this.#surface.addEventListener("pointermove", move);
    this.#surface.addEventListener("pointerup", end);
    this.#surface.addEventListener("pointercancel", end);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.key === "+" || event.key === "=") this.larger();
    else if (event.key === "-") this.smaller();
    else if (event.key === "0") this.whole();
    else if (moves[event.key]) {
      this.#x += moves[event.key][0];
      this.#y += moves[event.key][1];
      this.#own = true;
      this.#apply();
    } else return;
    event.preventDefault();
  }

  #apply() {
    this.#content.setAttribute("transform", `translate(${this.#x} ${this.#y}) scale(${this.#scale})`);
  }
}
