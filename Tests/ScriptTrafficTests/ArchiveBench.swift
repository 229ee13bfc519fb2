import Dissection
import FoundationEssentials
import HTTPTraffic
import PacketCapture
import ScriptHelpers
import ScriptTraffic

/// An archive whose ring has three connections that overlap in time, followed and indexed as live traffic is.
final class ArchiveBench {
    let folder: URL
    let archive: PacketArchive
    let names = PeerNames()
    /// The names of the streams, in the order of the connections.
    let streams: [String]
    let conversations: [HTTPConversation]
    /// When the first packet is, in nanoseconds since 1970.
    static let start: Int64 = 1_700_000_000_000_000_000

    init(quota: Int = 1 << 30) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "remora-archive-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var settings = RingSettings()
        settings.segmentBytes = 65_536
        let ring = try SegmentRing(path: folder.path + "/ring", settings: settings)
        let index = StreamIndex(ring)
        archive = try PacketArchive(
            ring: ring, index: index, names: names,
            folder: DataFolder(folder.path + "/files", quota: quota))
        conversations = (0..<3).map { number in
            var requests: [(path: String, status: Int)] = []
            for request in 0..<20 {
                requests.append(("/\(number)/\(request)", number == 1 && request == 7 ? 503 : 200))
            }
            return HTTPConversation(
                client: "10.0.0.\(number + 1)", port: UInt16(40_000 + number), server: "10.0.1.1",
                start: Self.start + Int64(number) * 300_000, requests: requests)
        }
        var writer = ring.makeWriter()
        writer.setInterfaces([CaptureInterface(name: "eth0", linkType: .ethernet, snapLength: 262_144)])
        var traffic = CapturedTraffic(ItemScene(), ring: ring, index: index)
        traffic.want(WantedTraffic(packets: false, items: true))
        for packet in conversations.flatMap(\.packets).sorted(by: { $0.time < $1.time }) {
            packet.bytes.withUnsafeBytes {
                writer.take(
                    CapturedPacket(
                        bytes: $0, time: packet.time, wireLength: UInt32($0.count), interface: 0, linkType: .ethernet))
            }
        }
        writer.flush()
        while traffic.next() {}
        var streams: [String: String] = [:]
        for item in traffic.takeItems().joined() { streams[item.connection.client.address] = item.connection.stream }
        self.streams = (1...3).map { streams["10.0.0.\($0)"] ?? "" }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The times and bytes of a file's packets.
    func packets(of name: String) throws -> [(time: Int64, bytes: [UInt8])] {
        var file = try CaptureFile(path: folder.path + "/files/" + name)
        var packets: [(Int64, [UInt8])] = []
        while let batch = try file.next() { for packet in batch { packets.append((packet.time, Array(packet.bytes))) } }
        return packets
    }

    /// What the connections' packets are, in the order of time.
    func expected(_ connections: [Int], where isWanted: (Int64) -> Bool = { _ in true }) -> [[UInt8]] {
        connections.flatMap { conversations[$0].packets }.sorted { $0.time < $1.time }.filter { isWanted($0.time) }
            .map(\.bytes)
    }
}
