package import CurlTransport

/// What kind of file something is, by its first bytes, as upstream's uploads are labelled.
package enum ContentType {
    package static func sniff(_ file: FileSlice) -> String {
        var head = [UInt8](repeating: 0, count: 512)
        let count = head.withUnsafeMutableBytes { file.read(at: 0, into: $0) } ?? 0
        return sniff(Array(head[..<count]))
    }

    static func sniff(_ head: [UInt8]) -> String {
        if head.starts(with: [0x1f, 0x8b, 0x08]) { return "application/x-gzip" }
        if head.starts(with: [0x50, 0x4b, 0x03, 0x04]) { return "application/zip" }
        // Control characters that no text has (WHATWG MIME Sniffing, "binary data byte").
        let isBinary = head.contains { $0 <= 0x08 || $0 == 0x0b || 0x0e...0x1a ~= $0 || 0x1c...0x1f ~= $0 }
        return isBinary ? "application/octet-stream" : "text/plain; charset=utf-8"
    }
}
