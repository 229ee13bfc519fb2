internal import CYAML
internal import JSON

/// libyaml's emitter, set up to write as kubectl does; its memory goes with it.
struct Emitter: ~Copyable {
    private let output = Output()
    /// On the heap, since libyaml keeps pointers into it.
    private let emitter: UnsafeMutablePointer<yaml_emitter_t>

    private final class Output {
        var bytes: [UInt8] = []
    }

    init() {
        emitter = .allocate(capacity: 1)
        precondition(yaml_emitter_initialize(emitter) == 1, "out of memory for a YAML emitter")
        yaml_emitter_set_output(
            emitter,
            { context, bytes, count in
                guard let context else { return 0 }
                let output = Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
                output.bytes.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
                return 1
            }, Unmanaged.passUnretained(output).toOpaque())
        yaml_emitter_set_unicode(emitter, 1)
        yaml_emitter_set_indent(emitter, 2)
        // Unlike kubectl, which folds lines at 80 columns: a folded string cannot be searched for.
        yaml_emitter_set_width(emitter, -1)
    }

    deinit {
        yaml_emitter_delete(emitter)
        emitter.deallocate()
    }

    /// The text of a document that holds `value`; to be called once.
    mutating func document(_ value: JSONValue) -> [UInt8] {
        emit { yaml_stream_start_event_initialize($0, YAML_UTF8_ENCODING) }
        emit { yaml_document_start_event_initialize($0, nil, nil, nil, 1) }
        write(value)
        emit { yaml_document_end_event_initialize($0, 1) }
        emit { yaml_stream_end_event_initialize($0) }
        return output.bytes
    }

    private func write(_ value: JSONValue) {
        switch value {
        case .null, .boolean, .integer: plain(value.description)
        case .double(let number): plain(Self.text(number))
        case .string(let text): string(text)
        case .array(let elements):
            emit { yaml_sequence_start_event_initialize($0, nil, nil, 1, YAML_BLOCK_SEQUENCE_STYLE) }
            for element in elements { write(element) }
            emit { yaml_sequence_end_event_initialize($0) }
        case .object(let members):
            emit { yaml_mapping_start_event_initialize($0, nil, nil, 1, YAML_BLOCK_MAPPING_STYLE) }
            for (key, value) in members {
                string(key)
                write(value)
            }
            emit { yaml_mapping_end_event_initialize($0) }
        }
    }

    /// The fraction is kept where it is zero, unlike in JSON: it tells the number from an integer when it is read again.
    private static func text(_ number: Double) -> String { number.isFinite ? number.description : "null" }

    private func plain(_ text: String) { scalar(text, YAML_PLAIN_SCALAR_STYLE) }

    private func string(_ text: String) {
        if text.utf8.contains(UInt8(ascii: "\n")) {
            scalar(text, YAML_LITERAL_SCALAR_STYLE)
        } else if Self.needsQuotes(text) {
            scalar(text, YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        } else {
            // libyaml sets quotes by itself where the text has what is syntax.
            scalar(text, YAML_PLAIN_SCALAR_STYLE)
        }
    }

    /// Whether a reader would take the text for something else than a string; not only ours, but any of YAML 1.1.
    private static func needsQuotes(_ text: String) -> Bool {
        PlainScalar(text) != .string || text == "<<" || text == "=" || isSexagesimal(text) || isDate(text)
    }

    /// Such as `12:30:45`, a number in YAML 1.1.
    private static func isSexagesimal(_ text: String) -> Bool {
        text.contains(":") && text.utf8.allSatisfy { "0123456789+-:._".utf8.contains($0) }
    }

    /// Such as `2025-01-31` or `2025-01-31T…`, a time in YAML 1.1.
    private static func isDate(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), maxSplits: 2, omittingEmptySubsequences: false)
        let isDigit = { (byte: UInt8) in byte &- UInt8(ascii: "0") < 10 }
        return parts.count == 3 && parts[0].count == 4 && parts[0].allSatisfy(isDigit)
            && parts[1].allSatisfy(isDigit) && (parts[2].first.map(isDigit) ?? false)
    }

    private func scalar(_ text: String, _ style: yaml_scalar_style_t) {
        var text = text
        text.withUTF8 { utf8 in
            emit { yaml_scalar_event_initialize($0, nil, nil, utf8.baseAddress, Int32(utf8.count), 1, 1, style) }
        }
    }

    /// Hands an event over to libyaml, which frees it also when it fails.
    private func emit(_ initialize: (UnsafeMutablePointer<yaml_event_t>) -> Int32) {
        var event = yaml_event_t()
        precondition(initialize(&event) == 1, "out of memory for a YAML event")
        precondition(yaml_emitter_emit(emitter, &event) == 1, "the order of YAML events is wrong, or memory is out")
    }
}
