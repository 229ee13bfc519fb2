/// How large a packet ring is and how far back it may reach.
package struct RingSettings: Sendable, Equatable {
    /// Segments. One is reused as a whole; at most half of them can be pinned.
    package var segmentCount = 16
    /// Bytes of a segment, a multiple of 4,096. At most 16 MB: other programs refuse files with larger blocks, and the
    /// unused rest of a segment is one.
    package var segmentBytes = 16 << 20
    /// Packets older than this are forgotten even if there is room; nil for no limit.
    package var maximumAge: Duration?

    /// 256 MB, for the interfaces of a node.
    package static let node = RingSettings()
    /// 64 MB, for one pod.
    package static let sidecar: RingSettings = {
        var settings = RingSettings()
        settings.segmentBytes = 4 << 20
        return settings
    }()

    /// The defaults.
    package init() {}

    /// About so many bytes, in segments of a size that suits.
    package init(bytes: Int) {
        let largest = 16 << 20
        segmentCount = max(16, (bytes + largest - 1) / largest)
        segmentBytes = max(65_536, bytes / segmentCount / 4096 * 4096)
        segmentCount = min(segmentCount, RingControl.mostSegments)
    }

    /// The bytes of all segments.
    package var byteCount: Int { segmentCount * segmentBytes }

    var fileSize: Int { RingControl.size + segmentCount * segmentBytes }
    /// Segments that pins may hold together.
    var pinLimit: Int { segmentCount / 2 }
}
