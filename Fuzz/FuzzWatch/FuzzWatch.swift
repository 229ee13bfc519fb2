import JSON

@testable import KubernetesClient

/// A line may have so many bytes: small, so that the limit is reached often.
private let lineByteLimit = 512

/// Feeds any bytes, cut into pieces of the size of the first one, to what reads a watch.
///
/// - However a stream is cut, the same lines come out, up to the first that is too long.
/// - A line that is read as an object has that object's JSON text in it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWatch(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = input.first else { return 0 }
    let stream = Array(input.dropFirst())
    let lines = cut(stream, pieces: Int(first) + 1)
    precondition(lines == expectedLines(of: stream), "the lines depend on how the stream is cut")
    let interner = StringInterner()
    for line in lines {
        check(WatchLine<Pod>(line, 0..<line.count, interner: interner))
        check(WatchLine<ClusterEvent>(line, 0..<line.count, interner: interner))
        check(WatchLine<ConfigMap>(line, 0..<line.count, interner: interner))
        _ = APIStatus(body: line, httpStatus: 500)
    }
    return 0
}

private func cut(_ stream: [UInt8], pieces size: Int) -> [[UInt8]] {
    var buffer = LineBuffer(limit: lineByteLimit)
    var lines: [[UInt8]] = []
    var rest = stream[...]
    while !rest.isEmpty {
        do {
            try buffer.append(Array(rest.prefix(size))) { lines.append(Array($0[$1])) }
        } catch {
            return lines
        }
        rest = rest.dropFirst(size)
    }
    return lines
}

/// Complete lines that are not empty, up to the first that is too long.
private func expectedLines(of stream: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for line in stream.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast() {
        if line.count > lineByteLimit { break }
        if !line.isEmpty { lines.append(Array(line)) }
    }
    return lines
}

private func check<Object>(_ line: WatchLine<Object>) {
    switch line {
    case .update(let object, let raw), .deletion(let object, let raw):
        precondition(!object.identity.key.name.isEmpty, "an object without a name")
        precondition(raw.withUnsafeBytes(isJSON), "the text of an object is no JSON")
    case .bookmark, .error, .unknown: break
    case .garbled(let error): precondition(error.offset >= 0, "\(error)")
    }
}

private func isJSON(_ bytes: UnsafeRawBufferPointer) -> Bool {
    (try? JSONValue(parsing: bytes)) != nil
}
