/// What happened to the packets of one live source, so far. Never reset.
///
/// `received` is what passed the filter on the interface: `received == delivered + droppedByKernel + inKernelBuffer`.
package struct CaptureStatistics: Sendable, Equatable {
    /// Packets handed to the sink.
    package var delivered: UInt64 = 0
    /// Bytes of packets handed to the sink, as captured.
    package var deliveredBytes: UInt64 = 0
    /// Packets that passed the filter, by the kernel's count (dropped ones included).
    package var received: UInt64 = 0
    /// Packets that found the kernel's ring full.
    package var droppedByKernel: UInt64 = 0
    /// Packets that the interface itself says it dropped.
    package var droppedByInterface: UInt64 = 0
    /// Times the kernel stopped filling a full ring (TPACKET_V3's freeze count).
    package var freezes: UInt64 = 0

    /// All zero.
    package init() {}

    /// Both together.
    package static func + (a: CaptureStatistics, b: CaptureStatistics) -> CaptureStatistics {
        var sum = a
        sum.delivered += b.delivered
        sum.deliveredBytes += b.deliveredBytes
        sum.received += b.received
        sum.droppedByKernel += b.droppedByKernel
        sum.droppedByInterface += b.droppedByInterface
        sum.freezes += b.freezes
        return sum
    }
}
