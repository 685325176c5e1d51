"""RM: managed dataspaces, arranged from others."""

from bastide.base.environment import Range, RegionAttr, RegionMap, RmSession

__all__ = ["Range", "RegionAttr", "RegionMap", "RmSession"]
