public import JSON
public import Timestamps

/// A service as far as it tells whose an address is (core/v1 Service).
public struct Service: WatchedObject {
    /// Where the API serves it.
    public static let resource = APIResource.services

    /// Which service, which version.
    public let identity: ObjectIdentity
    /// When it was made.
    public let created: Timestamp?
    /// Where it is reached: its cluster addresses, external addresses, and those of its load balancers, each once. None of
    /// a headless service.
    public let addresses: [String]

    /// Reads the service that comes next.
    public init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError) {
        var metadata = ObjectMetadata()
        var cluster: [String] = []
        var external: [String] = []
        var balanced: [String] = []
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "metadata": metadata = try ObjectMetadata(from: &reader, interner: interner)
            case "spec":
                guard try reader.beginObjectOrNull() else { break }
                while let key = try reader.nextMember() {
                    switch key {
                    // Servers before 1.20 know the first one alone.
                    case "clusterIP": cluster.append(try reader.text())
                    case "clusterIPs": cluster += try reader.texts()
                    case "externalIPs": external += try reader.texts()
                    default: try reader.skipValue()
                    }
                }
            case "status": balanced = try Self.readBalancers(&reader)
            default: try reader.skipValue()
            }
        }
        identity = metadata.identity
        created = metadata.created
        var addresses: [String] = []
        for address in cluster + external + balanced where !address.isEmpty && address != "None" {
            if !addresses.contains(address) { addresses.append(address) }
        }
        self.addresses = addresses
    }

    private static func readBalancers(_ reader: inout JSONReader) throws(JSONError) -> [String] {
        var addresses: [String] = []
        guard try reader.beginObjectOrNull() else { return [] }
        while let key = try reader.nextMember() {
            guard key == "loadBalancer" else {
                try reader.skipValue()
                continue
            }
            guard try reader.beginObjectOrNull() else { continue }
            while let key = try reader.nextMember() {
                guard key == "ingress" else {
                    try reader.skipValue()
                    continue
                }
                guard try reader.beginArrayOrNull() else { continue }
                while try reader.nextElement() {
                    try reader.beginObject()
                    while let key = try reader.nextMember() {
                        // Some balancers have a host's name in its place.
                        if key == "ip" { addresses.append(try reader.text()) } else { try reader.skipValue() }
                    }
                }
            }
        }
        return addresses
    }
}
