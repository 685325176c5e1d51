"""Capabilities on Linux: what a handle is made of, and why nobody can forge one.

An identity is a number, served at an entrypoint, which is a number too; both are never used again. Knowing them gives
nothing. The *handle* of a component is both numbers and a seal: a keyed hash over the identity and the number of the
domain that may use it, under the key of the domain that serves it. Three parties know that key: the server, core, and
nobody else. So

- the server checks a handle by itself, once per channel, without asking anybody;
- a handle is worthless to everybody but the domain it was sealed for: data that leaks carries no authority;
- the owner of an object can seal its handle for anybody. Any other holder passes a *voucher* on instead: a hash under
  his own seal over the domain that is to receive it. It asks nobody to make one. The receiver shows it to the server,
  who checks it as well as a handle; or has it redeemed for a handle of its own, by core (`voucher.py`);
- handles of one identity are equal, on whichever way they came to a component, and a forged one never equals them.
"""

from __future__ import annotations

from _blake2 import blake2b  # the same as hashlib's, which would load OpenSSL: 8 ms at each start
from struct import Struct

HANDLE_BYTES = 32
"""Entrypoint and identity, 64 bit each, and a seal of 128 bit."""

INVALID = bytes(HANDLE_BYTES)
"""The invalid capability, as it travels."""

KEY_BYTES = 32

_HANDLE = Struct("<QQ16s")
_SEALED = Struct("<QQQ")
_RECEIVER = Struct("<Q")
_VOUCHER = 1 << 63
"""Marks the entrypoint's number in a voucher. Numbers are counted up from 1, and never get there."""


def seal(key: bytes, entrypoint: int, identity: int, holder: int) -> bytes:
    """The handle of an identity, for the domain `holder`."""
    digest = blake2b(_SEALED.pack(entrypoint, identity, holder), key=key, digest_size=16).digest()
    return _HANDLE.pack(entrypoint, identity, digest)


def voucher(handle: bytes, receiver: int) -> bytes:
    """What the holder of a handle gives to the domain `receiver`. It is of no use to anybody else."""
    entrypoint, identity, sealed = _HANDLE.unpack(handle)
    digest = blake2b(_RECEIVER.pack(receiver), key=sealed, digest_size=16).digest()
    return _HANDLE.pack(entrypoint | _VOUCHER, identity, digest)


def vouched(handle: bytes) -> tuple[int, int] | None:
    """Entrypoint and identity that a voucher is about, authentic or not; None if it is a handle."""
    entrypoint, identity, _ = _HANDLE.unpack(handle)
    return (entrypoint ^ _VOUCHER, identity) if entrypoint & _VOUCHER else None


def place(voucher: bytes) -> bytes:
    """What all handles at the entrypoint of a voucher begin with."""
    return voucher[:7] + bytes((voucher[7] & 0x7F,))


def numbers(handle: bytes) -> tuple[int, int]:
    """Entrypoint and identity of a handle, authentic or not."""
    entrypoint, identity, _ = _HANDLE.unpack(handle)
    return entrypoint, identity
