"""CPU: programs that run in protection domains, and how they end."""

from bastide.base.environment import CpuSession, Thread, ThreadRun, ThreadState

__all__ = ["CpuSession", "Thread", "ThreadRun", "ThreadState"]
