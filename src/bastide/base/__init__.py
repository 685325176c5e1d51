"""The component API: what most components import, and all that they need."""

from bastide.base.account import Account, Resource
from bastide.base.capability import Capability
from bastide.base.dataspace import Attached, Dataspace, DataspaceCap, RamDataspace
from bastide.base.entrypoint import Entrypoint
from bastide.base.env import Construct, Env
from bastide.base.errors import (
    BastideError,
    InsufficientCaps,
    InsufficientRam,
    InvalidDataspace,
    InvalidNode,
    IpcError,
    NotYet,
    OutOfCaps,
    OutOfRam,
    SessionDenied,
)
from bastide.base.label import Label, select_policy
from bastide.base.log import Log
from bastide.base.node import Generator, Node
from bastide.base.rom import Rom
from bastide.base.root import Root
from bastide.base.rpc import Interface, raises, rpc
from bastide.base.session import Affinity, Host, Session, SessionArgs, SessionRequest
from bastide.base.signal import IoSignalHandler, SignalCap, SignalContext, SignalHandler, Transmitter
from bastide.base.value import Bytes, Duration, milliseconds, seconds

__all__ = [
    "Account", "Affinity", "Attached", "BastideError", "Bytes", "Capability", "Construct", "Dataspace", "DataspaceCap",
    "Duration", "Entrypoint", "Env", "Generator", "Host", "InsufficientCaps", "InsufficientRam", "Interface",
    "InvalidDataspace", "InvalidNode", "IoSignalHandler", "IpcError", "Label", "Log", "Node", "NotYet", "OutOfCaps",
    "OutOfRam", "RamDataspace", "Resource", "Rom", "Root", "Session", "SessionArgs", "SessionDenied", "SessionRequest",
    "SignalCap", "SignalContext", "SignalHandler", "Transmitter", "milliseconds", "raises", "rpc", "seconds",
    "select_policy",
]
