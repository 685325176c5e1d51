"""Routing: which server answers a session request of a child, or why nobody does.

A request passes two stages. `special` answers or renames the few ROM requests that the parent itself knows about: the
inline config, the binary, the linker, and the list of session requests. All others go through `resolve`, which walks
the rules of the child's route in order:

- A rule is about the request if it names the service (or is `any-service`) and its label conditions hold.
- The first of its targets that declares the service takes the request; the target may rewrite the label.
- If none does, a `service` rule refuses the request for good, an `any-service` rule passes it on to the next rule.
- Behind the last rule, the request is refused.

Only *declared* services count, so a request to a child that has not announced its service yet resolves, and waits.
A refusal explains itself: who asked for what, which rule refused it and why, and what would help.

This file holds no state and moves no sessions: it answers from the request, the route, and a directory of services.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import NamedTuple, Protocol, TypeAlias

from bastide.base.label import SEPARATOR
from bastide.init.route import Choice, ClientLabel, Kind, Route, Rule

QUOTE_LIMIT = 160                       # characters of a name or label quoted in messages, the longest valid label
LIST_LIMIT = 4                          # children, targets or rules enumerated in one message


class Request(NamedTuple):
    """Child `child` asks for `service`. `label` is the client label: with the child's name in front, not rewritten."""

    child: str
    service: str
    label: str


class Target(NamedTuple):
    """Who takes the request: PARENT, LOCAL, or the CHILD of that name. `label` is what the server gets to see."""

    kind: Kind
    child: str
    label: str
    rule: Rule
    errors: tuple[str, ...] = ()        # to be logged although the request is routed


class Denial(NamedTuple):
    """Nobody takes the request. `rule` refused it; None: the rules ended. `log` is the line to log, if not empty."""

    reason: str
    rule: Rule | None
    log: str = ""
    errors: tuple[str, ...] = ()


Resolution: TypeAlias = Target | Denial


class Directory(Protocol):
    """Who declares which service, at the time of the request."""

    def parent_provides(self, service: str) -> bool:
        """Whether `parent-provides` names the service."""

    def local_provides(self, service: str) -> bool:
        """Whether the program around the sandbox serves it to its children."""

    def child(self, name: str) -> str | None:
        """The child called `name`, or the one for which `name` is an alias (an alias of an alias is none)."""

    def providers(self, service: str) -> Collection[str]:
        """Names of all children that list the service in `provides`, abandoned ones left out."""


class InlineConfig(NamedTuple):
    """The request is answered with the config inside the start node."""

    label: str


class SessionRequests(NamedTuple):
    """The request is answered with the list of session requests that wait for the child."""

    label: str = ""


def special(request: Request, binary: str, ld: bool, inline_config: bool) -> InlineConfig | SessionRequests | Request:
    """What the parent knows about a request before any rule: the answer, or the request to resolve by the rules.

    `binary` is the name of the child's binary, `ld` tells whether a linker loads it, `inline_config` whether the start
    node has a config. A renamed request is looked at again, once: a name can only change into that of the binary.
    """
    config = config_rom(request, inline_config)
    if config is None:
        request = binary_rom(request, binary) or linker_rom(request, binary, ld) or request
        config = config_rom(request, inline_config)
    return config or session_requests_rom(request) or request


def config_rom(request: Request, inline_config: bool) -> InlineConfig | None:
    """A ROM whose last label element is `config` is the inline config, if there is one."""
    wanted = inline_config and request.service == "ROM" and _last_element(request.label) == "config"
    return InlineConfig(request.label) if wanted else None


def binary_rom(request: Request, binary: str) -> Request | None:
    """The environment asks for the binary under the name of the child: ask for the real name instead."""
    wanted = request.service == "ROM" and request.label == request.child != binary
    return Request(request.child, "ROM", binary) if wanted else None


def linker_rom(request: Request, binary: str, ld: bool) -> Request | None:
    """Without a linker, the binary itself takes the linker's place at start-up."""
    wanted = not ld and request.service == "ROM" and request.label == "ld.lib.so" != binary
    return Request(request.child, "ROM", binary) if wanted else None


def session_requests_rom(request: Request) -> SessionRequests | None:
    """A ROM whose last label element is `session_requests` tells a server who waits for it."""
    wanted = request.service == "ROM" and _last_element(request.label) == "session_requests"
    return SessionRequests() if wanted else None


def resolve(request: Request, route: Route, directory: Directory) -> Resolution:
    """Apply the rules of `route` to a request that is not special."""
    service, label = request.service, request.label
    errors: tuple[str, ...] = ()
    for rule in _concerning(request, route):
        for choice in rule.choices:
            server = _server(choice, service, directory)
            if server is not None:
                kind = Kind.CHILD if choice.kind is Kind.ANY_CHILD else choice.kind
                return Target(kind, server, choice.presented(label), rule, errors)
            if choice.kind is Kind.ANY_CHILD and len(directory.providers(service)) > 1:
                errors = (_printable(f"{request.child}: ambiguous routes to service {_quoted(service)}"),)
        if rule.service is not None:
            return Denial(_refusal(request, route, rule, directory), rule, errors=errors)
    log = f"{request.child}: no route to service {_quoted(service)} (label={_quoted(label)})"
    return Denial(_no_match(request, route, directory), None, _printable(log), errors)


def _concerning(request: Request, route: Route) -> Iterator[Rule]:
    """The rules that are about the request, in order."""
    service, label = request.service, None
    for rule in route.rules:
        if rule.service is None or rule.service == service:
            if rule.condition is not None:
                label = label or ClientLabel.of(request.child, request.label)
                if not rule.condition.matches(label):
                    continue
            yield rule


def _server(choice: Choice, service: str, directory: Directory) -> str | None:
    """The name of the child that takes the request, empty for the parent and local services, None if nobody does."""
    if choice.kind is Kind.PARENT:
        return "" if directory.parent_provides(service) else None
    if choice.kind is Kind.LOCAL:
        return "" if directory.local_provides(service) else None
    providers = directory.providers(service)
    if choice.kind is Kind.ANY_CHILD:
        return next(iter(providers)) if len(providers) == 1 else None
    child = directory.child(choice.child)
    return child if child is not None and child in providers else None


def _refusal(request: Request, route: Route, rule: Rule, directory: Directory) -> str:
    return _explanation(request, f"refused by rule {_shown(rule)}: {_causes(rule, request, directory)}",
                        _remedy(request, route, directory, "before that rule to"))


def _no_match(request: Request, route: Route, directory: Directory) -> str:
    passed = list(_concerning(request, route))
    label = ClientLabel.of(request.child, request.label)
    missed = [rule for rule in route.rules if rule.service in (None, request.service)
              and rule.condition is not None and not rule.condition.matches(label)]
    causes = [f"rule {_shown(rule)} does not help: {_causes(rule, request, directory)}" for rule in passed[:LIST_LIMIT]]
    if not passed:
        causes.append("no rule matches")
    if missed:
        nearest = next((rule for rule in missed if rule.service is not None), missed[0])
        causes.append(f"nearest is rule {_shown(nearest)}, {_mismatch(nearest, request)}")
    return _explanation(request, "; ".join(causes), _remedy(request, route, directory, "to"))


def _mismatch(rule: Rule, request: Request) -> str:
    scope = request.child + SEPARATOR
    if rule.condition is None or not rule.condition.scoped or request.label.startswith(scope):
        return "which wants another label"
    return f"which looks at what follows {_quoted(scope)} in a label, but here is none: unscoped_label would match"


def _explanation(request: Request, cause: str, remedy: str) -> str:
    return _printable(f"{_quoted(request.child)} asks for service {_quoted(request.service)} "
                      f"with label {_quoted(request.label)}: {cause}; {remedy}")


def _causes(rule: Rule, request: Request, directory: Directory) -> str:
    causes = (_cause(choice, request.service, directory) for choice in rule.choices)
    return ", ".join(islice(causes, LIST_LIMIT)) or "it has no target"


def _cause(choice: Choice, service: str, directory: Directory) -> str:
    if choice.kind is Kind.PARENT:
        return f"service {_quoted(service)} is not in parent-provides"
    if choice.kind is Kind.LOCAL:
        return f"there is no local service {_quoted(service)}"
    if choice.kind is Kind.ANY_CHILD:
        providers = directory.providers(service)
        if not providers:
            return f"no child provides {_quoted(service)}"
        more = ", …" if len(providers) > LIST_LIMIT else ""
        return f"several children provide it: {', '.join(map(_quoted, islice(providers, LIST_LIMIT)))}{more}"
    if directory.child(choice.child) is None:
        return f"there is no child {_quoted(choice.child)}"
    return f"child {_quoted(choice.child)} does not provide it"


def _remedy(request: Request, route: Route, directory: Directory, position: str) -> str:
    target = next(_providing(request, directory), None)
    if target is None:
        return (f"nobody provides {_quoted(request.service)}: name it in parent-provides if the parent does, "
                "or in the provides node of the child that does")
    owner = "the default-route" if route.shared else f"the route of {_quoted(request.child)}"
    return f"add `+ service {_cut(request.service)} | + {target}` {position} {owner}"


def _providing(request: Request, directory: Directory) -> Iterator[str]:
    for name in directory.providers(request.service):
        if name != request.child:
            yield f"child {_cut(name)}"
    if directory.parent_provides(request.service):
        yield "parent"
    if directory.local_provides(request.service):
        yield "local"


def _shown(rule: Rule) -> str:
    return f"{rule.place} '{rule}'"


def _quoted(text: str) -> str:
    return '"' + _cut(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _cut(text: str) -> str:
    return text if len(text) <= QUOTE_LIMIT else text[:QUOTE_LIMIT - 1] + "…"


def _printable(text: str) -> str:
    """Names and labels are chosen by others: no control characters in what we print."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _last_element(label: str) -> str:
    return label.rpartition(SEPARATOR)[2]
