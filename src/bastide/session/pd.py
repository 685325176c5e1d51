"""PD: a protection domain: a capability space, and an account of RAM and capabilities."""

from bastide.base.environment import PdAccount, PdQuota, PdSession, Resources

__all__ = ["PdAccount", "PdQuota", "PdSession", "Resources"]
