import CFrameSender
import Glibc
import PacketCapture

/// What the tests of capturing run as processes of their own: to be killed, or in another network namespace.
///
/// ```
/// capture-probe write RING RATE                  numbered packets into a ring, until killed
/// capture-probe capture RING SECONDS IF...       live packets into a ring; a line of counters at the end
/// capture-probe send IF LENGTH RATE COUNT SECONDS
/// capture-probe measure FOLDER                   how long snapshots take; see Measurements
/// ```
@main
enum CaptureProbe {
    static func main() {
        let arguments = CommandLine.arguments
        do {
            switch arguments.dropFirst().first {
            case "write" where arguments.count == 4: try write(arguments[2], rate: Double(arguments[3]) ?? 1)
            case "capture" where arguments.count > 4:
                try capture(arguments[2], seconds: Double(arguments[3]) ?? 1, Array(arguments[4...]))
            case "send" where arguments.count == 7:
                let sent = remora_send_frames(
                    arguments[2], CInt(arguments[3]) ?? 64, Double(arguments[4]) ?? 0, Int64(arguments[5]) ?? 0,
                    Double(arguments[6]) ?? 1, 100)
                say("sent \(sent)")
                exit(sent < 0 ? 1 : 0)
            case "measure" where arguments.count == 3:
                var measurements = try Measurements(folder: arguments[2])
                try measurements.run()
            default:
                say("see CaptureProbe.swift for what this does")
                exit(2)
            }
        } catch {
            say("failed: \(error)")
            exit(1)
        }
    }

    static let settings: RingSettings = {
        var settings = RingSettings()
        settings.segmentBytes = 1 << 20
        return settings
    }()

    /// Packets of 600 bytes whose first eight are their number; flushed every millisecond. `RING.flushed` has the
    /// number of the last one that was.
    static func write(_ path: String, rate: Double) throws {
        let ring = try SegmentRing(path: path, settings: settings)
        var writer = ring.makeWriter()
        writer.setInterfaces([CaptureInterface(name: "probe0", linkType: .ethernet)])
        var packet = [UInt8](repeating: 7, count: 600)
        var number: UInt64 = 0
        let start = ContinuousClock.now
        let flushed = open(path + ".flushed", O_RDWR | O_CREAT, 0o600)
        while true {
            let due = UInt64((ContinuousClock.now - start) / .seconds(1) * rate)
            while number < due {
                number += 1
                packet.withUnsafeMutableBytes { $0.storeBytes(of: number, as: UInt64.self) }
                packet.withUnsafeBytes {
                    writer.take(
                        CapturedPacket(
                            bytes: $0, time: wallClock(), wireLength: 600, interface: 0, linkType: .ethernet))
                }
            }
            writer.flush()
            _ = pwrite(flushed, &number, 8, 0)
            usleep(1000)
        }
    }

    static func capture(_ path: String, seconds: Double, _ interfaces: [String]) throws {
        let ring = try SegmentRing(path: path, settings: settings)
        var writer = ring.makeWriter()
        var captureSettings = CaptureSettings()
        captureSettings.kernelBufferBytes = 32 << 20
        let capture = try LiveCapture(interfaces: interfaces, settings: captureSettings)
        writer.setInterfaces(capture.interfaces)
        let timer = Timer(seconds: seconds) { capture.stop() }
        say("capturing")
        capture.run(into: &writer)
        writer.flush()
        timer.cancel()
        let statistics = capture.statistics.reduce(into: CaptureStatistics()) {
            $0.delivered += $1.delivered
            $0.received += $1.received
            $0.droppedByKernel += $1.droppedByKernel
        }
        var usage = rusage()
        getrusage(__rusage_who_t(0), &usage)
        let cpu =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3
        say(
            "delivered \(statistics.delivered) received \(statistics.received) dropped \(statistics.droppedByKernel) "
                + "written \(ring.statistics.packetsWritten) cpu-ns \(Int(cpu)) rss-kb \(usage.ru_maxrss) "
                + "failures \(capture.failures.map(\.description))")
    }

    /// A line to standard output, at once: whoever waits for it may kill this process next.
    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.write(1, bytes, bytes.count)
    }

    static func wallClock() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}

/// Calls something later, on a thread of its own.
struct Timer {
    private let task: Task<Void, Never>

    init(seconds: Double, _ action: @escaping @Sendable () -> Void) {
        task = Task.detached {
            try? await Task.sleep(for: .seconds(seconds))
            action()
        }
    }

    func cancel() { task.cancel() }
}
