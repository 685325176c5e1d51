"""Packet streams: many packets of bulk data in flight between two components, without copying their content.

A *source* allocates room for packets in a buffer that both share, fills and submits them; the *sink* takes them from
the submit queue, uses their content where it lies, and acknowledges them, in any order; the source collects them from
the acknowledge queue, and may use their room again. All operations take as many packets as there are, because what a
call costs in Python would otherwise bound the rate; and one `wakeup` follows each batch.

    packets = source.allocate(1500, 100)            packets = sink.take()
    ...fill source.content(packet) of each...       ...look at sink.content(packet) of each...
    source.submit(packets)                          sink.acknowledge(packets)
    source.wakeup()                                 sink.wakeup()
    source.release(source.collect())

**Nobody trusts the other one.** Whatever lies in shared memory can change at any time. So each party keeps its own end
of both queues to itself and writes it to the memory for the other one's information only; it reads the other end once,
and what is between them by one copy, and looks at the copies. Indices that can't be, packets outside of the buffer,
acknowledgements of what was never submitted: after the first of these the stream is `broken`, carries nothing any
more, and its owner serves others. The content of packets is not copied, so it may change while it is looked at.

**Nobody waits in vain.** A source has at most as many packets under way as either queue can hold, so that neither is
ever full when somebody wants to add to it, and the two events that remain (packets were submitted, packets were
acknowledged) are told by a signal each time. Signals coalesce, and whoever has nothing to do does nothing. The signal
also orders what both parties see of the memory: on processors that reorder stores, which x86 ones don't, look into a
queue when you are told to.
"""

from bastide.lib.packet_stream.channel import Channel, OpenedChannel, ServedChannel
from bastide.lib.packet_stream.ends import Sink, Source
from bastide.lib.packet_stream.queue import Format, Packet
from bastide.lib.packet_stream.room import Ranges, Room, Slots

__all__ = ["Channel", "Format", "OpenedChannel", "Packet", "Ranges", "Room", "ServedChannel", "Sink", "Slots", "Source"]
