package import Dissection
package import PacketCapture

/// What became of the packets of a ring after they were written, and of the items made of them. Never reset.
///
/// `written = read + skipped + not read yet`; `read = unwanted + flows.packets + packets that only onPacketCaptured got`.
package struct TrafficCounters: Sendable, Equatable {
    /// Packets that were taken from the ring.
    package var read: UInt64 = 0
    /// Packets that were overwritten before they were read: the reader was overtaken.
    package var skipped: UInt64 = 0
    /// Packets that were passed over because no script has a hook for them.
    package var unwanted: UInt64 = 0
    /// Packets and items that scripts were not shown because neither end was targeted.
    package var untargetedPackets: UInt64 = 0
    package var untargetedItems: UInt64 = 0
    /// What flows and reassembly counted.
    package var flows = FlowCounters()
    /// What the dissectors counted.
    package var messages = DissectionCounters()

    /// All zero.
    package init() {}
}
