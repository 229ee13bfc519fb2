/// One step of a YAML text, in Swift's terms and free of the parser's memory.
struct Event {
    /// The kinds of step; an anchor names the node that begins with it.
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(anchor: String)
        case scalar(Scalar, anchor: String?)
        case sequenceStart(anchor: String?)
        case mappingStart(anchor: String?)
        case sequenceEnd, mappingEnd
    }

    /// A scalar as it stands in the text.
    struct Scalar {
        let text: String
        /// The full tag, such as `tag:yaml.org,2002:str`; nil if none was written.
        let tag: String?
        /// Whether it stood without quotes and not as a block.
        let isPlain: Bool
    }

    /// A place in the text, counted from 1.
    struct Mark {
        let line: Int
        let column: Int

        func error(_ problem: String) -> YAMLError { YAMLError(line: line, column: column, problem: problem) }
    }

    let kind: Kind
    let mark: Mark
}
