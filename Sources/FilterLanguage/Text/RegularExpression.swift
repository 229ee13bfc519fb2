internal import CPCRE2

/// A regular expression, compiled once: the syntax of RE2 as far as PCRE2 has it, which is all that filters use.
///
/// The search has limits on steps and memory: a pattern that would need more, as only made-up ones do, finds nothing.
final class RegularExpression: Sendable {
    /// About a tenth of a second in the worst case; ordinary patterns need a few hundred steps.
    private static let stepLimit: UInt32 = 1_000_000
    private static let memoryLimitKiB: UInt32 = 4_096
    private static let patternLimit = 16_384

    let pattern: String
    /// Never changed once compiled; searches use match data of their own.
    private nonisolated(unsafe) let code: OpaquePointer
    private nonisolated(unsafe) let limits: OpaquePointer

    init(_ pattern: String) throws(RegularExpressionError) {
        guard pattern.utf8.count <= Self.patternLimit else {
            throw RegularExpressionError(message: "longer than \(Self.patternLimit) bytes", offset: Self.patternLimit)
        }
        self.pattern = pattern
        var errorCode: CInt = 0
        var errorOffset = 0
        // `$` is the end of the text, as in RE2, not also the place before a last line break.
        let options =
            UInt32(PCRE2_UTF) | UInt32(PCRE2_MATCH_INVALID_UTF) | UInt32(PCRE2_DOLLAR_ENDONLY)
            | UInt32(PCRE2_NEVER_BACKSLASH_C)
        let bytes = Array(pattern.utf8)
        guard let code = pcre2_compile_8(bytes, bytes.count, options, &errorCode, &errorOffset, nil) else {
            var text = [UInt8](repeating: 0, count: 256)
            let count = pcre2_get_error_message_8(errorCode, &text, text.count)
            throw RegularExpressionError(
                message: String(decoding: text.prefix(max(0, Int(count))), as: UTF8.self), offset: errorOffset)
        }
        guard let limits = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(code)
            throw RegularExpressionError(message: "no memory", offset: 0)
        }
        pcre2_set_match_limit_8(limits, Self.stepLimit)
        pcre2_set_heap_limit_8(limits, Self.memoryLimitKiB)
        self.code = code
        self.limits = limits
    }

    deinit {
        pcre2_match_context_free_8(limits)
        pcre2_code_free_8(code)
    }

    /// Whether the pattern occurs anywhere in the text.
    func matches(_ text: String) -> Bool {
        guard let matchData = pcre2_match_data_create_8(1, nil) else { return false }
        defer { pcre2_match_data_free_8(matchData) }
        var text = text
        return text.withUTF8 { text in
            // The count is not negative if it matched (0: more groups than are asked for); every error is "no".
            pcre2_match_8(code, text.baseAddress, text.count, 0, 0, matchData, limits) >= 0
        }
    }
}

/// Why a pattern is no regular expression.
struct RegularExpressionError: Error, CustomStringConvertible {
    let message: String
    let offset: Int

    var description: String { "the regular expression is wrong at its character \(offset + 1): \(message)" }
}
