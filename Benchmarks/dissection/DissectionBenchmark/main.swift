import Dissection
import Glibc
import PacketCapture

// DissectionBenchmark MODE FILE: reads a capture and prints `packets pairs nanoseconds`, the last of them CPU time from
// the opening of the file to the last item.
//
//   read    packets are read and nothing more
//   flows   … decoded, put in order
//   pairs   … dissected: requests with their responses, with both heads and bodies
//   json    … written as hooks get them

/// Throws away what flows carry.
struct Deaf: FlowConsumer {
    var bytes = 0
    mutating func begin(_ flow: Flow) {}
    mutating func deliver(
        _ bytes: UnsafeRawBufferPointer, of flow: Flow, _ direction: FlowDirection, from packet: PacketStamp
    ) { self.bytes += bytes.count }
    mutating func gap(
        _ byteCount: Int, in flow: Flow, _ direction: FlowDirection, because reason: GapReason, at packet: PacketStamp
    ) {}
    mutating func finish(_ flow: Flow, _ direction: FlowDirection, at packet: PacketStamp) {}
    mutating func end(_ flow: Flow, because reason: FlowEnd, at time: Int64) {}
}

func cpuNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

guard CommandLine.arguments.count == 3 else {
    print("usage: DissectionBenchmark read|flows|pairs|json FILE")
    exit(2)
}
let (mode, path) = (CommandLine.arguments[1], CommandLine.arguments[2])
let start = cpuNanoseconds()
var packets = 0
var pairs = 0
do {
    var file = try CaptureFile(path: path)
    switch mode {
    case "read":
        while let batch = try file.next() { packets += batch.count }
    case "flows":
        var tracker = FlowTracker()
        var deaf = Deaf()
        while let batch = try file.next() {
            for packet in batch {
                packets += 1
                tracker.process(packet, number: UInt64(packets), consumer: &deaf)
            }
        }
        tracker.finish(consumer: &deaf)
    case "pairs", "json":
        var traffic = TrafficDissector()
        var encoder = ItemEncoder(.recording(node: "bench"))
        var bytes = 0
        func take(_ items: [Item]) {
            if mode == "json" { for item in items { encoder.encode(item) { bytes += $0.count } } }
        }
        while let batch = try file.next() {
            packets += batch.count
            for packet in batch { traffic.process(packet) }
            traffic.drain { take($0) }
        }
        traffic.finish()
        traffic.drain { take($0) }
        pairs = traffic.counters.paired
    default:
        print("no mode \(mode)")
        exit(2)
    }
} catch {
    print("\(error)")
    exit(1)
}
print(packets, pairs, cpuNanoseconds() - start)
