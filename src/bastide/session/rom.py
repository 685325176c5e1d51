"""ROM: content that changes, delivered as dataspace. `bastide.base.Rom` is the usual client."""

from bastide.base.environment import RomSession

__all__ = ["RomSession"]
