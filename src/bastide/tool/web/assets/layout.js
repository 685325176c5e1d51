// Where boxes and arrows go. ELK decides, in a worker; this file words the question and keeps the answer.
//
// The answer only depends on who is there and who talks to whom, so that nothing moves when mere figures change. A small
// system is drawn as is best for small ones. If that is too wide or too high to be read as a whole, other ways are tried
// as well, and the one is taken that can be shown largest.

const FONT = "600 13px system-ui, sans-serif";
const SMALL = "11px system-ui, sans-serif";
const HEADER = 40;                      // of a box with others inside
const LEAF = 52;
const SIGN = 26;                        // in place of a server that there is not
const MARGIN = 14;

const pen = document.createElement("canvas").getContext("2d");

const WAYS = [
  { "elk.direction": "DOWN" },
  { "elk.direction": "RIGHT", "elk.layered.layering.strategy": "STRETCH_WIDTH" },
  { "elk.direction": "RIGHT", "elk.layered.layering.strategy": "MIN_WIDTH" },
];
const READABLE = 0.6;                   // so large, figures in the boxes can be read
const HABIT = 0.8;                      // as long as so much of the last size is left, no other way is looked for

export class Layout {
  #elk;
  #last = { way: WAYS[0], scale: Infinity };

  constructor(worker) {
    this.#elk = new ELK({ workerFactory: () => worker });
  }

  /** Boxes by label, signs and arrows by id, and the size of all. Places count from the left upper corner.
   *  `seen` is the size of what it is shown in. */
  async of(system, seen) {
    let best = await this.#placed(system, this.#last.way, seen);
    if (best.scale < Math.min(READABLE, HABIT * this.#last.scale)) {
      for (const way of WAYS.filter((other) => other !== this.#last.way)) {
        const other = await this.#placed(system, way, seen);
        if (other.scale > best.scale) best = other;
      }
    }
    this.#last = { way: best.way, scale: best.scale };
    return answer(best.graph);
  }

  async #placed(system, way, seen) {
    const graph = await this.#elk.layout(question(system, way));
    return { way, graph, scale: Math.min(seen.width / graph.width, seen.height / graph.height) };
  }
}

/** What decides about places, as a list of texts: who is there, and who talks to whom about what. */
export function structure(system) {
  return [
    ...[...system.components.values()].map((component) => JSON.stringify([component.label, component.binary])),
    ...system.arrows.map((arrow) => JSON.stringify([arrow.id, arrow.text])),
  ];
}

export function width(text, font = FONT) {
  pen.font = font;
  return Math.ceil(pen.measureText(text).width);
}

/** What fits into a box of a name or an arrow: the whole text is in its description. */
export function cut(text, length = 28) {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function question(system, way) {
  const nodes = new Map();
  const root = box(system.root, way, nodes);
  for (const arrow of system.arrows.filter(({ loose }) => !loose)) {
    let target = nodes.get(arrow.server);
    const client = nodes.get(arrow.client);
    if (!target) {
      target = { id: arrow.id, width: width(arrow.service) + 40, height: SIGN, outer: client.outer ?? client };
      target.outer.children.push(target);
    }
    const [container, deep] = around(client, target);
    const label = target.id === arrow.id ? [] : [{ text: cut(arrow.text), width: width(cut(arrow.text), SMALL) + 6, height: 14 }];
    container.edges.push({ id: `edge ${arrow.id}`, sources: [client.id], targets: [target.id], labels: label });
    for (const node of deep) node.layoutOptions["elk.hierarchyHandling"] = "INCLUDE_CHILDREN";
  }
  for (const node of nodes.values()) delete node.outer;
  for (const node of nodes.values()) for (const child of node.children) delete child.outer;
  return { id: "", children: [root], layoutOptions: OPTIONS };
}

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.json.shapeCoords": "ROOT",
  "elk.json.edgeCoords": "ROOT",
  "elk.padding": "[top=0,left=0,bottom=0,right=0]",
};

const INSIDE = {
  "elk.algorithm": "layered",
  "elk.aspectRatio": "1.7",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.hierarchyHandling": "SEPARATE_CHILDREN",
  "elk.padding": `[top=${HEADER + MARGIN},left=${MARGIN},bottom=${MARGIN},right=${MARGIN}]`,
  "elk.spacing.nodeNode": "18",
  "elk.spacing.edgeNode": "12",
  "elk.spacing.edgeEdge": "10",
  "elk.spacing.componentComponent": "18",
  "elk.edgeLabels.inline": "true",
  "elk.layered.spacing.nodeNodeBetweenLayers": "30",
  "elk.layered.spacing.edgeNodeBetweenLayers": "12",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
};

function box(component, way, nodes, outer = null) {
  const name = width(cut(component.name)) + 72;
  const below = component.binary && component.binary !== component.name ? width(cut(component.binary), SMALL) + 30 : 0;
  const node = { id: component.label, width: Math.max(name, below, 110), height: LEAF, children: [], edges: [], outer };
  nodes.set(component.label, node);
  node.children = component.children.map((child) => box(child, way, nodes, node));
  node.layoutOptions = node.children.length
    ? { ...INSIDE, ...way, "elk.nodeSize.constraints": "MINIMUM_SIZE", "elk.nodeSize.minimum": `(${node.width + 150},${LEAF})` }
    : {};
  return node;
}

/** The innermost box around both, and all boxes whose walls an arrow between them crosses. */
function around(client, target) {
  const outers = [];
  for (let node = client.outer; node; node = node.outer) outers.push(node);
  const crossed = [];
  for (let node = target.outer; node; node = node.outer) {
    if (outers.includes(node)) {
      const inner = outers.slice(0, outers.indexOf(node));
      return [node, inner.length || crossed.length ? [node, ...inner, ...crossed] : []];
    }
    crossed.push(node);
  }
  throw new Error(`${client.id} and ${target.id} have nothing around them`);
}

function answer(graph) {
  const boxes = new Map();
  const arrows = new Map();
  const walk = (node) => {
    for (const child of node.children ?? []) {
      boxes.set(child.id, { x: child.x, y: child.y, width: child.width, height: child.height });
      walk(child);
    }
    for (const edge of node.edges ?? []) {
      const [section] = edge.sections;
      const [label] = edge.labels;
      arrows.set(edge.id.slice("edge ".length), {
        points: [section.startPoint, ...(section.bendPoints ?? []), section.endPoint],
        label: label && { x: label.x + label.width / 2, y: label.y + label.height / 2 },
      });
    }
  };
  walk(graph);
  return { boxes, arrows, width: graph.width, height: graph.height };
}
