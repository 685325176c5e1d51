"""What is said about configs that can't be taken as they are."""

from __future__ import annotations

from bastide.tool.explain.message import Message

_CHECK = "'bastide check' finds this before a system starts"

MESSAGES = (
    Message("{error}; keeping what is, until the config is valid",
            "The new config can't be read: {error}. The one before stays in force.", _CHECK),
    Message("{error}; keeping the previous content of '{label}'",
            "The new content of the ROM '{label}' can't be read: {error}.", "mend what writes it"),
    Message("{place}: {attribute}: expected a number from {least} to 2^63-1, using {default}",
            "The value is out of range, so the default is used.", _CHECK),
    Message("{error}, using {default}", "The value can't be read ({error}), so the default is used.", _CHECK),
    Message("missing 'name' attribute in '<start>' entry", "Each start node needs a name.", _CHECK),
    Message("skipped startup of nameless child", "Each start node needs a name.", _CHECK),
    Message("{place}: start node skipped, the name '{name}' is longer than {limit} characters",
            "The names of children are limited, as labels are made of them.", "choose a shorter name"),
    Message("{place}: start node skipped, the one at {first} has the same name '{name}' and the same version",
            "Two start nodes with one name would be one child, so the first counts.",
            "rename one of them, or give them different versions"),
    Message("{place}: more than {limit} start nodes, so the children stay as they are; have an init start some of them "
            "within", "One init has a limited number of children.", "nest an init, and move some of the children "
            "there"),
    Message('alias node "{name}" lacks child attribute', "An alias is another name of a child, which it must tell.",
            "write `+ alias {name} | child: NAME`"),
    Message("{place}: alias node '{name}' ignored, the name is taken", "A child, or another alias, has that name.",
            "choose another name"),
    Message("{place}: {node} of service '{service}' lacks child node",
            "A policy of a service that init offers says which child serves it.", "add `+ child NAME` below it"),
    Message("{child}: ambigious RAM-quota definition",
            "The start node has both `ram` and a `resource RAM`; the latter counts.", "keep one of them"),
    Message("{child}: config structure exceeds max depth",
            "The config inside the start node is nested too deeply; what is deeper is cut off.",
            "put it into a ROM module, and route the ROM 'config' there"),
    Message("{place}: {node} node ignores '{type}', it consists of 'service' and 'any-service' rules",
            "A route consists of rules; '{type}' is none.", _CHECK),
    Message("{place}: service rule lacks name attribute, rule ignored", "A 'service' rule names its service.",
            "write `+ service NAME`, or `+ any-service`"),
    Message("service node contains both scoped and unscoped label attributes ({place})",
            "`unscoped_label` looks at the whole label, the others at what the client chose. Only the former counts "
            "here.",
            "keep one kind"),
    Message("{place}: child target lacks name attribute and never resolves", "A 'child' target names its child.",
            "write `+ child NAME`, or `+ any-child`"),
    Message("prio levels is not power of two, priorities are disabled",
            "`prio_levels` divides the priorities by halves.", "use 2, 4, 8 ..."),
    Message("priority band too small, losing least-significant priority bits",
            "Nested inits divide the priorities ever more finely, and there is no room left.", "use fewer "
            "`prio_levels`"),
    Message("{child}: invalid priority, upgrading from {wanted} to {taken}",
            "Priorities are 0 or negative, and within the `prio_levels` of init.",
            "set `prio_levels` at the top of the config, or another priority"),
    Message("affinity-space configuration missing, but affinity defined for child {child}",
            "A place for \"{child}\" means nothing without the grid that it is in.", "add `+ affinity-space`"),
    Message("{child}: affinity location exceeds affinity-space boundary",
            "The place lies outside of the grid, so \"{child}\" may use all of it.", "correct `affinity`"),
)
