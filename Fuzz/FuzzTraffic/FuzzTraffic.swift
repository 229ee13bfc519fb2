import Glibc
import TrafficFuzzing

/// Which target this process fuzzes: `REMORA_FUZZ_TARGET`, all of them one after the other without it.
nonisolated(unsafe) private var targets: [FuzzTarget] = FuzzTarget.allCases

/// Chooses the target, and writes its first inputs to the folder `REMORA_FUZZ_SEEDS` where they are asked for.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    if let name = getenv("REMORA_FUZZ_TARGET").map({ String(cString: $0) }) {
        guard let target = FuzzTarget(rawValue: name) else { fatalError("there is no target \(name)") }
        targets = [target]
    }
    if let folder = getenv("REMORA_FUZZ_SEEDS").map({ String(cString: $0) }) {
        let corpus = FuzzCorpus.default
        for target in targets {
            for (number, input) in corpus.inputs(of: target).enumerated() {
                guard let file = fopen("\(folder)/\(target.rawValue)-\(number)", "w") else { continue }
                fwrite(input, 1, input.count, file)
                fclose(file)
            }
        }
    }
    return 0
}

/// Whatever the bytes are, the promises of ``FuzzTarget`` hold.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTraffic(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    for target in targets { target.run(input) }
    return 0
}
