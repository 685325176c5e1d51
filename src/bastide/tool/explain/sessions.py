"""What is said about sessions that nobody serves."""

from __future__ import annotations

from bastide.tool.explain.message import Message

_ROUTE = "'bastide route' shows for each session of a scenario which rule decides"

_RULES = ("A parent looks for the first rule of the child's route that is about the service and the label. A 'service' "
          "rule decides for good, an 'any-service' rule passes on what its targets do not provide. Here: ")

MESSAGES = (
    Message('session denied: "{child}" asks for service "{service}" with label "{label}": {cause}; add {remedy}',
            _RULES + "{cause}.", "add {remedy}"),
    Message('session denied: "{child}" asks for service "{service}" with label "{label}": {cause}; nobody {remedy}',
            _RULES + "{cause}.", "nobody {remedy}"),
    Message('"{child}" asks for service "{service}" with label "{label}": {cause}; add {remedy}',
            _RULES + "{cause}.", "add {remedy}"),
    Message('"{child}" asks for service "{service}" with label "{label}": {cause}; nobody {remedy}',
            _RULES + "{cause}.", "nobody {remedy}"),
    Message('{child}: no route to service "{service}" (label="{label}")',
            "No rule of the route of \"{child}\" decides about the service, so it is denied. The line behind this one "
            "says which rules there are.",
            "add a rule for \"{service}\" to the route of \"{child}\", or to the default-route if it has none"),
    Message('{child}: ambiguous routes to service "{service}"',
            "The rule names 'any-child', and more than one child provides \"{service}\": init does not choose between "
            "them.", "name the child that is meant: `+ service {service} | + child NAME`"),
    Message("{child}: environment {service} session denied ({args}): {reason}",
            "A component starts with sessions that its parent opens for it: PD, CPU, LOG, and the ROM with its binary. "
            "This one was refused, so \"{child}\" is not started until the config changes."),
    Message("{child}: environment {service} session: the server found {ram} of RAM and {caps} capabilities "
            "insufficient, {attempts} attempts were enough",
            "The server of the {service} session wants more than it was given, however often it was given more.",
            "look at what the server charges for a session"),
    Message("{server} can't be trusted with it: init would have to call a child; route it to parent or local",
            "init itself calls the PD and the CPU session of its children. If a child provided them, it could make "
            "init wait for ever.", "route PD and CPU to the parent"),
    Message("{child}: session request denied: {reason}",
            "The arguments of the request are malformed, so it was refused before any rule was looked at.",
            "this is for whoever wrote the component"),
    Message("{child}: {server} denied a {service} session with label \"{label}\": {reason}",
            "The route of \"{child}\" leads to {server}, which refused. A server decides about its clients by "
            "their labels and by what they donate."),
    Message("{service} session denied: {reason}",
            "The component is the server of {service}, and turned a client down."),
    Message("no policy defined for label '{label}' in {place}",
            "The server has a policy per client, chosen by the label of the session, and none of them fits this label.",
            "add `+ policy | label: {label}` or a `default-policy` to {place}"),
    Message("there is no ROM module '{module}'",
            "core serves the ROM modules that the 'content' of the scenario names, and no other.",
            "add `+ rom {module}` to 'content', correct the name, or route the session to a child that serves it"),
    Message("there is no ROM module '{module}': is it among the ROMs of the system, or did you mean another one by a "
            "`binary` node?",
            "core serves the ROM modules that the 'content' of the scenario names, and no other. This one was to be "
            "the binary of a child.",
            "add `+ rom {module}` to 'content', or name the binary in the start node: `+ binary NAME`"),
    Message("core provides no service '{service}'; it provides {services}",
            "The request was passed on by every parent up to core, at the root of the tree, which does not know the "
            "service.", "start a component that provides {service}, and route to it; for a driver that comes along, "
            "let the scenario require it: `+ requires | + timer`"),
    Message("{child}: has {number} sessions, which is the limit",
            "A component can have that many sessions at a time, so that its parent can always pay for them.",
            "let \"{child}\" close what it does not need, or split it"),
    Message("{child} has {number} sessions, which is the limit: close some",
            "A component can have that many sessions at a time, so that its parent can always pay for them.",
            "let \"{child}\" close what it does not need, or split it"),
    Message("{child} requested conflicting session ID {id} (service={service} args={args})",
            "The component chose a number for the session that it uses already.",
            "this is for whoever wrote the component: use the session classes rather than the parent interface"),
    Message("existing session: service={service} label=\"{label}\" state={state}",
            "This is the session that has the number already, see the line before."),
    Message("session ID {id} is in use", "The component chose a number for the session that it uses already.",
            "this is for whoever wrote the component"),
    Message("there is no session of ID {id}", "The component speaks of a session that it does not have.",
            "this is for whoever wrote the component"),
    Message("the {service} session of ID {id} was closed", "The component speaks of a session that its server, or "
            "init, has closed meanwhile.",
            "look at the lines before: a changed config closes what it does not allow any more"),
    Message("this session is closed", "The component closed the session before it used it again.",
            "this is for whoever wrote the component"),
    Message("{child}: illegal announcement of service \"{service}\"",
            "A component can only provide what its start node says it does.",
            "add `+ provides | + service {service}` to the start node of \"{child}\""),
    Message("{server} can't be paid", "The server is to be given what the client donates, but has no budget, as it did "
            "not start.", "look for an error about the server in the lines before"),
    Message("{server} can't be paid any more", "The server has ended, so it can be given nothing more.",
            "look for the end of the server in the lines before"),
    Message("{server} denied it", "The server refused without a reason.", "look at the log of the server"),
    Message("{server} provided it, but has ended", "The server was there and exited, or failed.",
            "look for its end in the lines before; a new `version` in its start node starts it again"),
    Message("{server} provides it, but could not be started", "The server lacks something that it needs to start.",
            "look for an error about the server in the lines before"),
    Message("the local service {service} failed", "The program that embeds the sandbox made an error when it was asked "
            "for the session.", "look for a traceback in the lines before"),
    Message("the server of {service} is gone that just opened the session", "It ended between its answer and the use "
            "of it.", "the request can be repeated"),
    Message("{child} has ended", "Who asked for the session has come to its end meanwhile."),
    Message("{child} has no inline config any more",
            "The start node has lost its 'config' node, so there is nothing to be read.",
            "add it again, or route the ROM 'config' to somebody"),
    Message("malformed session arguments: {error}", "The request can't be read: {error}.",
            "this is for whoever wrote the component"),
    Message("session requests can't be read: {error}",
            "The parent's list of what clients want of this component is no valid node.", "this is a fault of the "
            "parent"),
    Message("services can't be offered to the parent: {reason}",
            "An init with 'service' nodes asks its parent for the requests to them, and could not.",
            "route the ROM 'session_requests' of this init to its parent, and give it enough quota"),
    Message("the request {id} of the parent can't be read: {error}", "What the parent asks for is malformed.",
            "this is a fault of the parent, or of the client behind it"),
    Message("the parent asks for {service} with label \"{label}\", for which the service node at {place} has no policy",
            "An init offers the service to its parent, and decides by label which child serves it.",
            "add a `policy` that fits the label, or a `default-policy`, to the node at {place}"),
    Message("{child}: waits for {service} (label=\"{label}\") of {server}, {why}",
            "The server has not answered for more than a second ({why}). The client goes on waiting, and nobody else.",
            "look at what the server lacks: a server announces its service when its construction is done, so it may "
            "itself be waiting; if both wait for one another, neither comes up. " + _ROUTE),
    Message("'{label}': priority '{priority}' is no number", "The CPU session asks for a priority that can't be read.",
            "this is for whoever wrote the component"),
    Message("the report '{label}' has a writer already, which would have to close its session",
            "Each report has one writer at a time.", "give one of the writers another label"),
    Message("{number} reports are known already, and a further one would fill core",
            "The number of reports that are handed to the outside is limited.", "use fewer labels"),
    Message("the report '{label}' comes with buffer_size={size}; reports have {limit}",
            "The size of a report is limited.", "let the component ask for a buffer of {limit}"),
    Message("{reason}: is it among the ROMs of the system, or did you mean another one by a `binary` node?",
            "The ROM session with the binary of a child was refused.",
            "name the binary in the start node (`+ binary NAME`), or route its ROM to who has it"),
)
