public import JSON
public import Timestamps

/// Some of the addresses behind a service (discovery.k8s.io EndpointSlice; v1 and v1beta1 look alike in what is read).
public struct EndpointSlice: WatchedObject {
    /// Where the API serves it, since Kubernetes 1.21.
    public static let resource = APIResource.endpointSlices

    /// Which slice, which version.
    public let identity: ObjectIdentity
    /// When it was made.
    public let created: Timestamp?
    /// The service that it belongs to, in its namespace; empty: none.
    public let service: String
    /// Ready or not. Names of hosts, in slices of such, are left out.
    public let endpoints: [Endpoint]

    /// An address behind the service.
    public struct Endpoint: Sendable, Hashable {
        /// The address.
        public let address: String
        /// It is that of a pod, and not of something outside or of who knows whom.
        public let isPod: Bool
    }

    /// Reads the slice that comes next.
    public init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError) {
        var metadata = ObjectMetadata()
        var endpoints: [Endpoint] = []
        var hasNames = false
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "metadata": metadata = try ObjectMetadata(from: &reader, interner: interner)
            case "addressType": hasNames = try reader.text() == "FQDN"
            case "endpoints":
                guard try reader.beginArrayOrNull() else { break }
                while try reader.nextElement() { try Self.read(&reader, into: &endpoints) }
            default: try reader.skipValue()
            }
        }
        identity = metadata.identity
        created = metadata.created
        service = metadata[label: "kubernetes.io/service-name"] ?? ""
        self.endpoints = hasNames ? [] : endpoints
    }

    private static func read(_ reader: inout JSONReader, into endpoints: inout [Endpoint]) throws(JSONError) {
        var addresses: [String] = []
        var isPod = false
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "addresses": addresses = try reader.texts()
            case "targetRef":
                guard try reader.beginObjectOrNull() else { break }
                while let key = try reader.nextMember() {
                    if key == "kind" { isPod = try reader.text() == "Pod" } else { try reader.skipValue() }
                }
            default: try reader.skipValue()
            }
        }
        // What more there is means the same, since clients may take the first alone.
        if let address = addresses.first { endpoints.append(Endpoint(address: address, isPod: isPod)) }
    }
}

extension APIResource {
    /// discovery.k8s.io/v1 EndpointSlice.
    public static let endpointSlices = APIResource(
        group: "discovery.k8s.io", plural: "endpointslices", kind: "EndpointSlice")
    /// The same of servers before 1.21; those from 1.25 on do not know it.
    public static let endpointSlicesBeta = APIResource(
        group: "discovery.k8s.io", version: "v1beta1", plural: "endpointslices", kind: "EndpointSlice")
}
