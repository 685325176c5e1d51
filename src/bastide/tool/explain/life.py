"""What is said when a component does not start, ends, or stops to react."""

from __future__ import annotations

from bastide.tool.explain.message import Message

MESSAGES = (
    Message('child "{child}" faulted: {fault}', "The program of \"{child}\" was ended by the kernel: {fault}. Its "
            "sessions are closed and its budget is back.",
            "look at its last lines; a component that calls the system directly is ended for that, and one beyond its "
            "memory too"),
    Message('child "{child}" ended with code {code} without asking its parent to exit',
            "The program of \"{child}\" ended by itself. Its sessions are closed and its budget is back.",
            "look at its last lines for a traceback"),
    Message('child "{child}" skipped {number} heartbeats, restarting it',
            "\"{child}\" has not answered {number} times whether it still reacts, which is more than its start node "
            "allows (`heartbeat | restart_after_skipped`).", "find out what keeps it busy: its handlers should be "
            "short"),
    Message("{child}: stopped to react again, after {number} restarts: the next one is put off for {delay}",
            "\"{child}\" is a crash loop: it stopped to react after each of {number} restarts, so that it is restarted "
            "ever more slowly.", "mend the component; a new `version` in its start node begins anew"),
    Message("{child}: child creation failed: {reason}", "\"{child}\" could not be made."),
    Message("child creation failed: the start node at {place} has no name; those behind it are left as they are",
            "Each start node needs a name, which becomes the child's label.", "write `+ start NAME` at {place}"),
    Message("{child}: can't start: its binary can't be had: {reason}",
            "The ROM with the binary of \"{child}\" is served by another child, which refused."),
    Message("{child}: can't start: the ROM '{module}' has no content",
            "Whoever serves the ROM '{module}' had nothing to show when \"{child}\" was to be started.",
            "the server must have its content before; a new `version` in the start node tries again"),
    Message("{child}: can't start: {reason}", "All sessions are there, but the program of \"{child}\" could not "
            "begin."),
    Message("'{name}' can't start: its PD session is none of core's", "A program needs a protection domain of core.",
            "route PD to the parent"),
    Message("'{name}' can't start: its binary is no dataspace of core", "A binary must be memory that core knows.",
            "let the server of the ROM allocate it from its own quota"),
    Message("'{name}' can't start: {error}", "The host or the machine refused: {error}.",
            "'bastide doctor' shows what this host lacks"),
    Message("{child}: {number} messages were enough, no more are shown until its config changes",
            "A child must not fill the log with lines of its parent, so init is silent about \"{child}\" now.",
            "look at the lines before"),
    Message("a call failed: {error}", "A server ended, or failed, while the component waited for its answer: {error}.",
            "look at the log of the server"),
    Message("{name}: the parent provides no {service} session as environment",
            "The component uses a session that its parent did not open for it.", "this is a fault of its parent"),
    Message("state report exceeds maximum size", "The state report of init does not fit into its buffer.",
            "raise `buffer` in the `report` node, or ask for fewer details"),
)
