import Glibc
import JSON
import PacketCapture

@testable import Dissection

/// What was dissected from a capture.
struct Dissected {
    var items: [Item] = []
    var counters = DissectionCounters()
    var flows = FlowCounters()
    /// Why the file could not be read to its end.
    var fault: String?

    /// Dissects a capture file, compressed or not.
    init(file path: String, _ settings: DissectionSettings = .init()) throws {
        var path = path
        if path.hasSuffix(".gz") {
            let packed = try Self.contents(path)
            let plain = ContentDecoder.decode(packed, encoding: "gzip", limit: 64 << 20).bytes
            path = "/tmp/remora-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).pcap"
            let file = fopen(path, "w")
            fwrite(plain, 1, plain.count, file)
            fclose(file)
            defer { unlink(path) }
            try read(path, settings)
        } else {
            try read(path, settings)
        }
    }

    private mutating func read(_ path: String, _ settings: DissectionSettings) throws {
        var traffic = TrafficDissector(settings)
        do {
            var file = try CaptureFile(path: path)
            while let batch = try file.next() { for packet in batch { traffic.process(packet) } }
        } catch {
            fault = "\(error)"
        }
        traffic.finish()
        traffic.drain { items += $0 }
        counters = traffic.counters
        flows = traffic.flowCounters
    }

    static func contents(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw SupportError(description: "cannot open \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return bytes
    }

    /// Items by what they are, as `truth.json` counts them.
    func counted(_ field: String) -> Int {
        func count(_ test: (ItemPayload) -> Bool) -> Int { items.count { test($0.payload) } }
        switch field {
        case "http_req": return count { if case .http(let e) = $0 { e.request != nil } else { false } }
        case "http_resp":
            let http = count { if case .http(let e) = $0 { e.response != nil } else { false } }
            return http + interimHTTP
        case "dns_q": return count { if case .dns(let e) = $0 { e.request != nil } else { false } }
        case "dns_r": return count { if case .dns(let e) = $0 { e.response != nil } else { false } }
        case "redis": return count { if case .redis(let e) = $0 { e.request != nil } else { false } }
        case "redis_replies": return count { if case .redis(let e) = $0 { e.response != nil } else { false } }
        case "client_hello": return count { if case .tls(let h) = $0 { h.kind == .client } else { false } }
        default: return 0
        }
    }

    /// Responses that announce another: of HTTP only, since Redis counts further replies the same way.
    private var interimHTTP: Int {
        let hasRedis = items.contains { if case .redis = $0.payload { true } else { false } }
        return hasRedis ? 0 : counters.interim
    }

    var serverNames: Set<String> {
        Set(items.compactMap { if case .tls(let h) = $0.payload, !h.serverName.isEmpty { h.serverName } else { nil } })
    }

    /// The identities that must hold once everything was flushed.
    var violations: [String] {
        var result = flows.violations
        if counters.messages != counters.items {
            result.append("messages \(counters.messages) != items \(counters.items)")
        }
        if counters.items != items.count { result.append("items counted \(counters.items), made \(items.count)") }
        return result
    }
}

struct SupportError: Error, CustomStringConvertible {
    let description: String
}

/// Captures of other projects, which lie beside this repository where they are available.
enum TruthCaptures {
    static let folder: String = {
        var path = #filePath.split(separator: "/").dropLast(4)
        path.append("../shared/pcaps")
        return "/" + path.joined(separator: "/")
    }()

    /// Also where the repository is checked out one level deeper.
    static let available: String? = {
        let deeper = folder.replacing("../shared", with: "../../shared")
        return [folder, deeper].first { access($0 + "/truth.json", R_OK) == 0 }
    }()

    static func truth() throws -> [(path: String, fields: JSONValue)] {
        guard let folder = available else { return [] }
        let tree = try JSONValue(parsing: try Dissected.contents(folder + "/truth.json"))
        return (tree.object ?? [:]).map { ($0.key, $0.value) }
    }
}

extension CapturedPacket {
    /// A frame of Ethernet, all of it.
    init(ethernet bytes: UnsafeRawBufferPointer, time: Int64) {
        self.init(bytes: bytes, time: time, wireLength: UInt32(bytes.count), interface: 0, linkType: .ethernet)
    }
}
