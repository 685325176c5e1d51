"""What is said when somebody lacks memory or capabilities."""

from __future__ import annotations

from bastide.tool.explain.message import Message

_RAISE = "raise `ram` or `caps` in the start node of \"{child}\""

_DECIDES = "init gives nothing of its own accord: its config decides."

MESSAGES = (
    Message("waiting for resources of the parent: ram_quota={ram}, cap_quota={caps}",
            "The component has used up its budget, asked its parent for {ram} of RAM and {caps} caps more, and "
            "waits for them. Nobody else is held up.",
            "raise `ram` or `caps` in its start node: under `bastide run --watch` it goes on as soon as that is saved"),
    Message('child "{child}" requests resources: ram_quota={ram}, cap_quota=0',
            "\"{child}\" has used up its RAM and asks for {ram} more. " + _DECIDES,
            "raise `ram` by at least {ram} in its start node"),
    Message('child "{child}" requests resources: ram_quota=0, cap_quota={caps}',
            "\"{child}\" has used up its capabilities and asks for {caps} more. " + _DECIDES,
            "raise `caps` by at least {caps} in its start node"),
    Message('child "{child}" requests resources: ram_quota={ram}, cap_quota={caps}',
            "\"{child}\" has used up its budget and asks for more. " + _DECIDES,
            "raise `ram` by at least {ram} and `caps` by {caps} in its start node"),
    Message("{child}: asks for {wish}; {parent} could give {rest}: {remedy}",
            "\"{child}\" has used up its budget. It asks for {wish}, and its parent \"{parent}\" could give {rest}.",
            "{remedy}"),
    Message("the heap of {child} is exhausted: with it, {used} of the {limit} of its RAM quota are in use; a higher "
            "`ram` would help",
            "Python itself found no more memory: private memory beyond the platform's allowance counts against the "
            "quota.", "raise `ram` in the start node of {child}"),
    Message("{child}: configured RAM exceeds available RAM, proceed with {quota}",
            "The start node of \"{child}\" grants more than its parent has left, so it was given the rest.",
            "give more to the parent, or less to the children before \"{child}\"; 'bastide check' adds them up"),
    Message("{child}: configured caps exceed available caps, proceed with {quota}",
            "The start node of \"{child}\" grants more capabilities than its parent has left, so it was given the "
            "rest.",
            "give more to the parent, or less to the children before \"{child}\"; 'bastide check' adds them up"),
    Message("{child}: specified quota exceeds available quota, proceeding with a quota of {quota}",
            "The new config grants \"{child}\" more than its parent has left.",
            "give more to the parent, or less to other children"),
    Message("{child}: no valid RAM quota defined",
            "What the start node of \"{child}\" grants is used up by its environment sessions, or it grants nothing.",
            "set `ram` there, or in the `default` node; 1M is enough for a small component"),
    Message("{child}: no valid capability quota defined",
            "What the start node of \"{child}\" grants is used up by its environment sessions, or it grants nothing.",
            "set `caps` there, or in the `default` node; 100 is enough for a small component"),
    Message("{child}: not started: its environment costs {cost}, but {parent} can spend only {rest}: give less to "
            "others, or more to {parent}",
            "\"{child}\" can't be started as {parent} has too little left for its environment ({cost}).",
            "give less to others, or more to {parent}; 'bastide check' adds up what is promised"),
    Message("{child}: downgrade failed after {attempts} attempts",
            "The config takes back quota of \"{child}\", which spends it faster than it can be taken.",
            "nothing has to be done: it is tried again with the next config"),
    Message("{child}: its quota can't be transferred", "Not even a part of its quota could be given to \"{child}\".",
            "give more to its parent"),
    Message("RAM preservation exceeds available memory",
            "init keeps some RAM for itself (`resource RAM`), and has less than that.",
            "give this init more RAM, or let it preserve less"),
    Message("Capability preservation exceeds available capabilities",
            "init keeps some capabilities for itself (`resource CAP`), and has less than that.",
            "give this init more caps, or let it preserve fewer"),
    Message("{parent} itself lacks the quota to ask its parent for {service} with label \"{label}\", waiting for more: "
            "{reason}",
            "A session to the outside costs an init a little of its own budget, which is used up.",
            "raise the quota of {parent}, or let it preserve more (`resource`)"),
    Message("{child}: could not revert session {kind} quota ({amount}, donated for {service}, are spent by {server})",
            "A client donates RAM and capabilities with a session, and gets them back at its end. The server spent "
            "what is missing.", "this is a loss of \"{child}\" alone; the server should free what it allocates for a "
            "client"),
    Message("{child}: attempt to upgrade session in invalid state",
            "The component donates to a session that is not open.", "this is for whoever wrote the component"),
    Message("{child}: {kind} upgrade of {service} failed",
            "\"{child}\" wanted to donate to its {service} session more than it has.", _RAISE),
    Message("{caps} capabilities needed, {left} of {limit} left",
            "An account has been asked for {caps} capabilities and has {left} left of {limit}.",
            "raise `caps` of whoever pays: in a server, what its client donates; else its start node"),
    Message("{ram} needed, {left} of {limit} left", "An account has been asked for {ram} and has {left} left of "
            "{limit}.",
            "raise `ram` of whoever pays: in a server, what its client donates; else its start node"),
    Message("{account} has {left} of RAM left, {ram} were asked for",
            "Quota was to be moved from {account}, which has only {left}.", "raise the quota of {account}"),
    Message("{account} has {left} capabilities left, {caps} were asked for",
            "Capabilities were to be moved from {account}, which has only {left}.", "raise the caps of {account}"),
    Message("{ram} bytes to donate, {left} left",
            "A session request donates more than the component has left.", "raise `ram` in its start node"),
    Message("{caps} capabilities to donate, {left} left",
            "A session request donates more than the component has left.", "raise `caps` in its start node"),
    Message("{ram} bytes and {caps} capabilities are no amounts to transfer", "Amounts below zero mean nothing.",
            "this is for whoever wrote the component"),
    Message("{ram} bytes and {caps} capabilities are no amounts that one could have", "Such amounts mean nothing.",
            "this is for whoever wrote the component"),
    Message("a RAM dataspace of no size", "Memory of no size was asked for.", "this is for whoever wrote the "
            "component"),
    Message("core's services make no memory for themselves: they would pay for their clients",
            "A service of core would have to be paid by its client.", "this is a fault of core"),
    Message("the session costs its parent {cost} of RAM, but ram_quota is {donated}: donate at least {more} more",
            "A session request pays its parent for the bookkeeping, out of what it donates.",
            "donate {more} more with the request"),
    Message("the machine has no room for the domain '{label}': {error}",
            "The host refused another process, or descriptors for it: {error}.",
            "'bastide doctor' shows the limits of this host"),
)
