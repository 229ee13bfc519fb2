/// Names of AWS regions, as they become part of host names.
package enum AWSRegion {
    /// `us-east-1`, `cn-north-1`, `us-gov-west-1`.
    package static func looksLikeOne(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        func isWord(_ part: Substring) -> Bool { !part.isEmpty && part.utf8.allSatisfy { 0x61...0x7a ~= $0 } }
        guard parts.count >= 3, parts[0].count == 2, let last = parts.last, last.utf8.count == 1,
            last.utf8.allSatisfy({ 0x30...0x39 ~= $0 })
        else { return false }
        return parts.dropLast().allSatisfy(isWord)
    }

    /// Anything that can stand in a host name; private stores call their regions as they like.
    package static func check(_ region: String) throws(IntegrationError) {
        guard !region.isEmpty, region.utf8.count <= 63,
            region.utf8.allSatisfy({ 0x61...0x7a ~= $0 || 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "-") })
        else { throw .invalid("\(region.debugDescription) is no AWS region, such as us-east-1") }
    }

    static func domain(_ region: String) -> String { region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com" }
}
