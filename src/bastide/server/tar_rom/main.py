"""tar_rom: the members of tar archives as ROM modules."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

from bastide.base import (
    DataspaceCap,
    Env,
    OutOfCaps,
    OutOfRam,
    RamDataspace,
    Rom,
    SessionDenied,
    SessionRequest,
    SignalCap,
)
from bastide.session.rom import RomSession


class Main:
    def __init__(self, env: Env) -> None:
        self._env = env
        self._members: dict[str, memoryview] = {}
        self._shown: dict[str, RamDataspace] = {}
        names = [node.required("name", str) for node in env.config.node.sub_nodes("archive")]
        self._archives = [Rom(env, name) for name in names]
        for archive in self._archives:
            try:
                for file, content in members(archive.content):
                    self._members.setdefault(file, content)
            except tarfile.TarError as error:
                env.log.error(f"the archive '{archive.label}' can't be read to its end: {error}")
        RomSession.announce(env, self._open)

    def _open(self, request: SessionRequest) -> RomSession:
        name = request.label.last_element
        if name not in self._members:
            raise SessionDenied(f"no archive has a file '{name}' for '{request.label}'")
        if name not in self._shown:
            self._shown[name] = self._memory_of(name)
        return File(self._shown[name].cap)

    def _memory_of(self, name: str) -> RamDataspace:
        content = self._members[name]
        try:
            memory = RamDataspace(self._env.account, len(content) + 1).seal()
        except (OutOfRam, OutOfCaps) as error:      # of this component: whatever the client donates does not help
            raise SessionDenied(f"too little is left to show the file '{name}': {error}; give tar_rom more") from None
        memory.view[:len(content)] = content
        memory.detach()
        return memory


class File(RomSession):
    """Files don't change, so one dataspace serves all who read the same one, and this component can afford to pay."""

    def __init__(self, content: DataspaceCap) -> None:
        self._content = content

    def dataspace(self) -> DataspaceCap | None:
        return self._content

    def update(self) -> bool:
        return True

    def sigh(self, context: SignalCap | None) -> None:
        """There is nothing to tell."""


def members(archive: memoryview) -> Iterator[tuple[str, memoryview]]:
    """Names and contents of the plain files in an archive, as far as it can be read. Then raises tarfile.TarError."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
        for member in tar:
            if member.isreg() and not member.issparse():
                content = archive[member.offset_data:member.offset_data + member.size]
                if len(content) == member.size:
                    yield member.name.removeprefix("./"), content


construct = Main
