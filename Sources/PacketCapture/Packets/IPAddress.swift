/// An IPv4 or IPv6 address as a 128-bit number. IPv4 is mapped, `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2).
package struct IPAddress: Hashable, Comparable, Sendable {
    /// The first eight bytes.
    package var high: UInt64
    /// The last eight bytes.
    package var low: UInt64

    /// Joins the two halves of an address.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An IPv4 address, as the number that its four bytes are.
    package init(ipv4: UInt32) { self.init(high: 0, low: 0x0000_FFFF_0000_0000 | UInt64(ipv4)) }

    /// `0.0.0.0` in IPv6: all bits are zero.
    package static let unspecified = IPAddress(high: 0, low: 0)

    /// Whether it is an IPv4 address.
    package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// By number, as addresses are sorted everywhere.
    package static func < (a: IPAddress, b: IPAddress) -> Bool { a.high != b.high ? a.high < b.high : a.low < b.low }

    init(ipv6 bytes: UnsafeRawPointer) { self.init(high: bytes.big64(0), low: bytes.big64(8)) }
}

extension IPAddress: CustomStringConvertible {
    /// Reads the usual text forms: dotted quads and IPv6 with `::`; no zone, no prefix length, no brackets.
    package init?(_ text: some StringProtocol) {
        if text.contains(":") {
            self.init(ipv6Text: Substring(text))
        } else {
            guard let ipv4 = Self.ipv4(Substring(text)) else { return nil }
            self.init(ipv4: ipv4)
        }
    }

    private static func ipv4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard part.utf8.allSatisfy({ (48...57).contains($0) }), part.utf8.count <= 3, let byte = UInt8(part) else {
                return nil
            }
            address = address << 8 | UInt32(byte)
        }
        return address
    }

    private init?(ipv6Text text: Substring) {
        var text = String(text)
        // A dotted tail stands for the last two groups.
        if let colon = text.lastIndex(of: ":"), text[colon...].contains(".") {
            guard let tail = Self.ipv4(text[text.index(after: colon)...]) else { return nil }
            text = String(text[...colon]) + String(tail >> 16, radix: 16) + ":" + String(tail & 0xFFFF, radix: 16)
        }
        func groups(_ text: Substring) -> [UInt16]? {
            guard !text.isEmpty else { return [] }
            var result: [UInt16] = []
            for part in text.split(separator: ":", omittingEmptySubsequences: false) {
                guard (1...4).contains(part.utf8.count), part.first != "+", part.first != "-",
                    let group = UInt16(part, radix: 16)
                else { return nil }
                result.append(group)
            }
            return result
        }
        var all: [UInt16]
        if let gap = Self.doubleColon(in: text) {
            guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
                head.count + tail.count < 8
            else { return nil }
            all = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
        } else {
            guard let list = groups(text[...]), list.count == 8 else { return nil }
            all = list
        }
        self.init(
            high: all[..<4].reduce(0) { $0 << 16 | UInt64($1) }, low: all[4...].reduce(0) { $0 << 16 | UInt64($1) })
    }

    private static func doubleColon(in text: String) -> Range<String.Index>? {
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == ":", next < text.endIndex, text[next] == ":" { return index..<text.index(after: next) }
            index = next
        }
        return nil
    }

    /// The address as people write it: `10.0.0.1`, or the shortest form of RFC 5952.
    package var description: String {
        if isIPv4 { return "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)" }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> (48 - UInt64($0 % 4) * 16)) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        return longest.isEmpty
            ? text(groups[...]) : text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}
