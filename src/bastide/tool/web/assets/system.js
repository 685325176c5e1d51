// A system as the page looks at it: made from what the server tells, asked by everything that draws.
//
// Sessions with the own parents (LOG, PD, CPU, ROM and so on) are no arrows: every component has some. They are listed
// where a component is described. All sessions between the same two components are one arrow. Arrows to whom a crowd
// uses are `loose`: nothing is placed by them, and they are seen while one of their ends is chosen.

export const SEPARATOR = " -> ";

const CROWD = 9;

export class System {
  constructor(told) {
    this.name = told.name;
    this.root = told.root;
    this.sessions = told.sessions;
    this.components = new Map();
    this.#collect(told.root, null, 0);
    this.arrows = arrows(this);
    this.denials = told.sessions.filter((session) => session.link === "denied");
  }

  get(label) {
    return this.components.get(label);
  }

  uses(label) {
    return this.sessions.filter((session) => session.client === label);
  }

  serves(label) {
    return this.sessions.filter((session) => session.server === label);
  }

  /** Everything that is wrong: [{label, text}], each once. */
  get problems() {
    const found = [];
    for (const component of this.components.values()) {
      for (const text of troubles(this, component)) found.push({ label: component.label, text });
    }
    return found;
  }

  /** The component, what is around it, and so on, up to the outermost. */
  *around(label) {
    for (let component = this.get(label); component; component = component.parent) yield component;
  }

  #collect(component, parent, depth) {
    component.parent = parent;
    component.depth = depth;
    component.name = component.label.split(SEPARATOR).pop();
    this.components.set(component.label, component);
    for (const child of component.children) this.#collect(child, component, depth + 1);
  }
}

/** What is wrong with a component: its problems, and refusals that these do not mention. */
export function troubles(system, component) {
  const refused = system.denials.filter((session) => session.client === component.label)
    .map((session) => session.explanation || `${session.service} was denied`);
  return [...new Set([...component.problems, ...refused])];
}

/** "Report, ROM ×2" */
export function services(sessions) {
  const counts = new Map();
  for (const { service } of sessions) counts.set(service, (counts.get(service) ?? 0) + 1);
  return [...counts].map(([service, count]) => (count > 1 ? `${service} ×${count}` : service)).join(", ");
}

function arrows(system) {
  const groups = new Map();
  for (const session of system.sessions) {
    const client = system.get(session.client);
    if (!client?.parent || (session.server && !reaches(system, session))) continue;
    // Who was refused asks for one service at a time, and each one ends at a sign of its own.
    const id = session.server ? ["arrow", session.client, session.server] : [session.link, session.client, session.service];
    const key = JSON.stringify(id);
    if (!groups.has(key)) groups.set(key, { id: key, client: session.client, server: session.server, sessions: [] });
    groups.get(key).sessions.push(session);
  }
  const clients = new Map();
  for (const { server } of groups.values()) clients.set(server, (clients.get(server) ?? 0) + 1);
  return [...groups.values()].map((group) => ({
    ...group, text: services(group.sessions), link: worst(group.sessions), service: group.sessions[0].service,
    loose: group.server !== "" && clients.get(group.server) >= CROWD,
  }));
}

/** Whether server and client are both shown, and the one is not around the other. */
function reaches(system, session) {
  if (!system.get(session.server)) return false;
  for (const outer of system.around(session.client)) if (outer.label === session.server) return false;
  for (const outer of system.around(session.server)) if (outer.label === session.client) return false;
  return true;
}

function worst(sessions) {
  return ["denied", "waiting", "planned", "open"].find((link) => sessions.some((session) => session.link === link));
}
