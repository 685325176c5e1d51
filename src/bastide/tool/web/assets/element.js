// Elements of the page. Texts become text nodes and nothing else: what a system says is never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. Attributes that are functions are listeners: {onclick: ...}. */
export function html(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** An SVG element. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/** The text with everything that has no shape of its own, or turns that of others around, as an escape. */
export function visible(text) {
  return String(text).replace(/[^\P{C}\t]|[\u2028\u2029]/gu, (char) => `\\u{${char.codePointAt(0).toString(16)}}`);
}

/** Give an element another text, unless it has it already: selections in it stay. */
export function say(target, text) {
  const shown = visible(text);
  if (target.textContent !== shown) target.textContent = shown;
}

/** The same for several lines, none of which can look like two. */
export function sayLines(target, lines) {
  const shown = lines.map(visible).join("\n");
  if (target.textContent !== shown) target.textContent = shown;
}

/** Listeners of what is chosen by a click, or by a key. */
export function chooser(choose) {
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

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined)
    .map((child) => (child instanceof Node ? child : visible(child))));
  return made;
}
