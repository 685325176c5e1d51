"""Session labels, and the choice of a server's policy by label."""

from __future__ import annotations

from bastide.base.node import Node

SEPARATOR = " -> "

_BLANKS = " \t\r\n"
_CRITERIA = ("label", "label_prefix", "label_suffix")


class Label(str):
    """`init -> shell -> terminal`: who asks, each element added by the parent that vouches for it."""

    __slots__ = ()

    @property
    def last_element(self) -> str:
        """The text behind the last separator, or the whole label if there is none."""
        return self.rpartition(SEPARATOR)[2]

    @property
    def prefix(self) -> Label:
        """The text in front of the last separator, empty if there is none."""
        return Label(self.rpartition(SEPARATOR)[0])


def select_policy(config: Node, label: str) -> Node | None:
    """The `policy` node of `config` that fits `label` best, else its `default-policy`, else None.

    Each of `label`, `label_prefix` and `label_suffix` that a policy carries must fit; one that carries none of them
    never does. A policy with `label` beats those without, then the longer prefix wins, then the longer suffix, then the
    first. Blanks around the label and the given values don't count.
    """
    label = label.strip(_BLANKS)
    best, best_rank = None, (False, -1, -1)
    for policy in config.sub_nodes("policy"):
        rank = _rank(policy, label)
        if rank is not None and rank > best_rank:
            best, best_rank = policy, rank
    return best if best is not None else config.sub_node("default-policy")


def _rank(policy: Node, label: str) -> tuple[bool, int, int] | None:
    given = [policy.attributes.get(key) for key in _CRITERIA]
    if given == [None, None, None]:
        return None
    exact, prefix, suffix = (value if value is None else value.strip(_BLANKS) for value in given)
    fits = (exact in (None, label)) and label.startswith(prefix or "") and label.endswith(suffix or "")
    return (exact is not None, len(prefix or ""), len(suffix or "")) if fits else None
