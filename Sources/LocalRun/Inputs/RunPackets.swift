internal import Glibc
internal import PacketCapture
internal import ScriptHelpers
internal import ScriptRuntime
internal import ScriptTraffic
internal import Threading

/// The ring of a run: made when it is needed, as large as what the inputs bring, up to a bound, and gone with the process.
final class RunPackets: Sendable {
    private struct State: Sendable {
        var archive: PacketArchive?
        var isTried = false
        var isClaimed = false
        var isMentioned = false
    }

    private let folder: DataFolder
    private let names: PeerNames
    private let bytes: Int
    private let reporter: any RunReporter
    private let state = Locked(State())

    private static let segments = 16
    private static let page = 4096
    private static let segmentBytes = (256 << 10)...(16 << 20)

    /// Nil if no input brings packets, or if there is no folder for them: then a run does without `pcap.*`.
    init?(for inputs: [any RunInput], folder: DataFolder?, _ names: PeerNames, _ reporter: any RunReporter) {
        guard let folder, let bytes = inputs.compactMap(\.packetBytes).max() else { return nil }
        self.folder = folder
        self.names = names
        self.bytes = bytes
        self.reporter = reporter
    }

    /// Takes note of a script: a capture file is kept only if one may ask for its packets, since that costs a copy.
    func note(source: String) {
        guard source.contains("pcap") || source.contains("Pcap") else { return }
        state.withLock { $0.isMentioned = true }
    }

    /// For an input that must have it: nil if another one has it already, or if there is no room.
    func claim() -> PacketArchive? {
        guard state.withLock({ !$0.isClaimed }), let archive = open() else { return nil }
        return state.withLock { state in
            defer { state.isClaimed = true }
            return state.isClaimed ? nil : archive
        }
    }

    /// For an input that can do without.
    func claimIfMentioned() -> PacketArchive? { state.withLock { $0.isMentioned } ? claim() : nil }

    /// For helpers.
    func archive() throws(HelperError) -> PacketArchive {
        guard let archive = state.withLock({ $0.archive }) else {
            throw HelperError("no packets are kept in this run", code: "UNAVAILABLE")
        }
        return archive
    }

    private func open() -> PacketArchive? {
        let (archive, isTried) = state.withLock { state in
            defer { state.isTried = true }
            return (state.archive, state.isTried)
        }
        if isTried { return archive }
        var settings = RingSettings()
        settings.segmentCount = Self.segments
        // A third more than the packets: what describes them, and the unused ends of segments.
        let wanted = (bytes / Self.segments * 4 / 3 / Self.page + 1) * Self.page
        settings.segmentBytes = min(max(wanted, Self.segmentBytes.lowerBound), Self.segmentBytes.upperBound)
        let path = "\(folder.path)/.remora-ring"
        do {
            let ring = try SegmentRing(path: path, settings: settings)
            // Nobody needs it by its name, and so it goes with the process, however that ends.
            unlink(path)
            let archive = try PacketArchive(ring: ring, index: StreamIndex(ring), names: names, folder: folder)
            state.withLock { $0.archive = archive }
            return archive
        } catch {
            reporter.report(.notice("scripts have no pcap.snapshot in this run: \(error)"))
            return nil
        }
    }
}
