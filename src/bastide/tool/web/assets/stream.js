// What the server tells, as it comes; and what is asked of it.

export class Stream {
  /** `told` has a function for each kind of event: state, log, trouble, ended, and connection(whether there is one). */
  constructor(told) {
    const source = new EventSource("events");
    for (const kind of ["state", "log", "trouble", "ended"]) {
      source.addEventListener(kind, (event) => told[kind](JSON.parse(event.data)));
    }
    source.addEventListener("ended", () => source.close());
    source.addEventListener("open", () => told.connection(true));
    source.addEventListener("error", () => source.readyState === EventSource.CLOSED || told.connection(false));
  }
}

/** Ask the server for something, or to do something. The result is its answer; what it refuses has `ok` false. */
export async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  try {
    const response = await fetch(path, options);
    return { ok: response.ok, ...(await response.json()) };
  } catch {
    return { ok: false, message: "The system does not answer: the run may have ended." };
  }
}
