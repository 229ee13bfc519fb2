internal import KubernetesClient
package import Timestamps

/// The watches from which pod events are made.
package enum PodStream: Int, Sendable, CaseIterable {
    case pods, events, nodes
}

/// How far a hub has got: of each watch, the version up to which everything was handed to the scripts.
///
/// One line of text, so that it fits an annotation: `pods=1042 events=1040 nodes=977 at=2026-01-31T10:00:00Z`.
package struct DeliveryPosition: Sendable, Equatable {
    private var versions: [UInt64] = Array(repeating: 0, count: PodStream.allCases.count)
    /// When it was written.
    package var time: Timestamp?

    /// Nothing was delivered.
    package init() {}

    /// Reads its text; nil if it is none.
    package init?(_ text: String) {
        for word in text.split(separator: " ") {
            let sides = word.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { return nil }
            if sides[0] == "at" {
                time = Timestamp(String(sides[1]))
            } else if let stream = PodStream.allCases.first(where: { "\($0)" == sides[0] }),
                let number = UInt64(sides[1])
            {
                self[stream] = number
            }
        }
        guard self[.pods] > 0 else { return nil }
    }

    /// The version that a stream has reached; 0: none.
    package subscript(stream: PodStream) -> UInt64 {
        get { versions[stream.rawValue] }
        set { versions[stream.rawValue] = newValue }
    }

    /// The version as the API wants it.
    func version(_ stream: PodStream) -> ResourceVersion? {
        self[stream] == 0 ? nil : ResourceVersion(String(self[stream]))
    }

    /// Moves a stream forward, never back.
    mutating func advance(_ stream: PodStream, to version: UInt64) { self[stream] = max(self[stream], version) }

    /// Of each stream the later version.
    func merged(_ other: DeliveryPosition) -> DeliveryPosition {
        var result = self
        for stream in PodStream.allCases { result.advance(stream, to: other[stream]) }
        if let theirs = other.time { result.time = max(time ?? theirs, theirs) }
        return result
    }
}

extension DeliveryPosition: CustomStringConvertible {
    /// Its text.
    package var description: String {
        PodStream.allCases.map { "\($0)=\(self[$0])" }.joined(separator: " ") + (time.map { " at=\($0)" } ?? "")
    }
}

extension ObjectIdentity {
    /// The version as a number, 0 if it is none: servers that store in etcd number their writes.
    var versionNumber: UInt64 { UInt64(resourceVersion) ?? 0 }
}
