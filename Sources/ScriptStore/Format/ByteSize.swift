/// Sizes as Kubeshark's configuration writes them: `500MB`, `1Gi`, `200KB`.
package enum ByteSize {
    /// The bytes that the text stands for; nil if it is no size. `K`, `M`, `G`, `T` are powers of 1000, with or without
    /// `B`; `Ki`, `Mi`, `Gi`, `Ti` of 1024, as in Kubernetes' quantities.
    package static func parse(_ text: String) -> Int64? {
        let text = text.trimmed
        let digits = text.prefix { "0123456789.".contains($0) }
        guard let number = Double(digits), let factor = units[text.dropFirst(digits.count).trimmed.uppercased()] else {
            return nil
        }
        let bytes = number * factor
        return bytes < 9.2e18 ? Int64(bytes) : nil
    }

    private static let units: [String: Double] = [
        "": 1, "B": 1, "K": 1e3, "KB": 1e3, "M": 1e6, "MB": 1e6, "G": 1e9, "GB": 1e9, "T": 1e12, "TB": 1e12,
        "KI": 1024, "KIB": 1024, "MI": 1_048_576, "MIB": 1_048_576, "GI": 1_073_741_824, "GIB": 1_073_741_824,
        "TI": 1_099_511_627_776, "TIB": 1_099_511_627_776,
    ]
}

extension Substring {
    var trimmed: String { String(self).trimmed }
}
