internal import JSON

/// A line about whose addresses are: a part of the table of all of them, or what has changed since.
package struct FleetNames: Sendable, Equatable {
    /// Which part of what.
    package enum Part: String, Sendable {
        /// What has changed since the version before this one.
        case change
        /// Of a table in several lines; what is known beside it, once it is complete, is not so any more.
        case first, next, last
        /// A table in one line.
        case whole

        /// A table begins with it.
        package var begins: Bool { self == .first || self == .whole }
        /// The table is complete with it.
        package var completes: Bool { self == .last || self == .whole }
    }

    /// An address that nobody has any more.
    package struct End: Sendable, Hashable {
        package let address: String
        /// Since when, in milliseconds since 1970.
        package let time: Int64

        package init(address: String, time: Int64) {
            self.address = address
            self.time = time
        }
    }

    /// Counts the hub's changes: how far a worker is that has read this line and those before it.
    package let version: UInt64
    package let part: Part
    /// When the hub knew so, in milliseconds since 1970.
    package let time: Int64
    package let put: [FleetName]
    package let ended: [End]

    package init(version: UInt64, part: Part, time: Int64, put: [FleetName], ended: [End] = []) {
        self.version = version
        self.part = part
        self.time = time
        self.put = put
        self.ended = ended
    }

    var line: [UInt8] {
        var writer = JSONWriter(reserving: 128 + put.count * 128 + ended.count * 40)
        writer.beginObject()
        writer.member("type", "names")
        writer.key("version")
        writer.write(Int64(clamping: version))
        writer.member("part", part.rawValue)
        writer.key("time")
        writer.write(time)
        writer.key("put")
        writer.beginArray()
        for name in put { name.write(to: &writer) }
        writer.endArray()
        if !ended.isEmpty {
            writer.key("ended")
            writer.beginArray()
            for end in ended {
                writer.beginArray()
                writer.write(end.address)
                writer.write(end.time)
                writer.endArray()
            }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }

    init(_ value: JSONValue) throws(FleetWireError) {
        guard let version = value["version"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let part = value["part"]?.string.flatMap({ Part(rawValue: $0) })
        else { throw FleetWireError("names without version or part") }
        var texts = SharedTexts()
        self.init(
            version: version, part: part, time: value["time"]?.integer ?? 0,
            put: (value["put"]?.array ?? []).compactMap { FleetName($0, sharing: &texts) },
            ended: (value["ended"]?.array ?? []).compactMap { pair in
                guard let address = pair[0]?.string, let time = pair[1]?.integer else { return nil }
                return End(address: address, time: time)
            })
    }
}

/// How far a worker has read a hub's names.
package struct FleetNamePosition: Sendable, Hashable {
    /// Which process of the hub: another one counts anew.
    package let hub: String
    package let version: UInt64

    package init(hub: String, version: UInt64) {
        self.hub = hub
        self.version = version
    }

    init?(_ value: JSONValue?) {
        guard let hub = value?["hub"]?.string, let version = value?["version"]?.integer.flatMap({ UInt64(exactly: $0) })
        else { return nil }
        self.init(hub: hub, version: version)
    }

    var json: JSONValue { ["hub": .string(hub), "version": .integer(Int64(clamping: version))] }
}
