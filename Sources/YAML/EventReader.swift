internal import CYAML

/// libyaml's parser as a sequence of ``Event``s; its memory goes with it, however reading ends.
struct EventReader: ~Copyable {
    private let text: UnsafeRawBufferPointer
    /// On the heap, since libyaml keeps the parser's own address in it.
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// Reads from `text`, which must outlive the reader.
    init(_ text: UnsafeRawBufferPointer) {
        self.text = text
        parser = .allocate(capacity: 1)
        precondition(yaml_parser_initialize(parser) == 1, "out of memory for a YAML parser")
        yaml_parser_set_input_string(parser, text.baseAddress?.assumingMemoryBound(to: UInt8.self), text.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// The next event. After an error or the stream's end there is none, and it must not be called again.
    mutating func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw error() }
        defer { yaml_event_delete(&event) }
        return Event(kind: Self.kind(event), mark: Self.mark(event.start_mark))
    }

    private static func kind(_ event: yaml_event_t) -> Event.Kind {
        switch event.type {
        case YAML_STREAM_START_EVENT: .streamStart
        case YAML_DOCUMENT_START_EVENT: .documentStart
        case YAML_DOCUMENT_END_EVENT: .documentEnd
        case YAML_ALIAS_EVENT: .alias(anchor: string(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT: .scalar(scalar(event), anchor: string(event.data.scalar.anchor))
        case YAML_SEQUENCE_START_EVENT: .sequenceStart(anchor: string(event.data.sequence_start.anchor))
        case YAML_SEQUENCE_END_EVENT: .sequenceEnd
        case YAML_MAPPING_START_EVENT: .mappingStart(anchor: string(event.data.mapping_start.anchor))
        case YAML_MAPPING_END_EVENT: .mappingEnd
        // The stream's end, and the "no event" that libyaml gives behind it.
        default: .streamEnd
        }
    }

    private static func scalar(_ event: yaml_event_t) -> Event.Scalar {
        let scalar = event.data.scalar
        let text = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        return Event.Scalar(
            text: String(decoding: text, as: UTF8.self), tag: string(scalar.tag),
            isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
    }

    private static func string(_ text: UnsafeMutablePointer<UInt8>?) -> String? {
        text.map { String(cString: $0) }
    }

    private static func mark(_ mark: yaml_mark_t) -> Event.Mark {
        Event.Mark(line: mark.line + 1, column: mark.column + 1)
    }

    private func error() -> YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "out of memory"
        let context = parser.pointee.context.map { String(cString: $0) }
        let place =
            parser.pointee.error == YAML_READER_ERROR
            ? mark(ofByte: parser.pointee.problem_offset) : Self.mark(parser.pointee.problem_mark)
        return YAMLError(line: place.line, column: place.column, problem: problem, context: context)
    }

    /// The place of a byte that is no text: libyaml gives only its offset.
    private func mark(ofByte offset: Int) -> Event.Mark {
        let before = text.prefix(offset)
        let newline = UInt8(ascii: "\n")
        let lineStart = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
        let line = before.reduce(into: 1) { line, byte in if byte == newline { line += 1 } }
        return Event.Mark(line: line, column: before.count - lineStart + 1)
    }
}
