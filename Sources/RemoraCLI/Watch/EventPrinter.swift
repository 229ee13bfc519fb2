internal import JSON
internal import KubernetesClient

/// Prints the events of an informer, one line each.
struct EventPrinter<Object: DescribedObject> {
    private let terminal: Terminal
    private let output: WatchCommand.Output
    private let showsNamespace: Bool
    private var table: StreamingTable

    init(terminal: Terminal, output: WatchCommand.Output, showsNamespace: Bool) {
        self.terminal = terminal
        self.output = output
        self.showsNamespace = showsNamespace
        // The event's name, three times a namespace, name, status and so on: they grow as needed.
        table = StreamingTable(widths: [8, 6] + Array(repeating: 4, count: 12))
    }

    mutating func print(_ event: InformerEvent<Object>) {
        switch output {
        case .none: break
        case .json: terminal.print(Self.json(event))
        case .brief, .wide: printRow(event)
        }
    }

    private mutating func printRow(_ event: InformerEvent<Object>) {
        let object = event.change.object
        let key = object.identity.key
        var cells = [event.name, event.age]
        cells.append(showsNamespace ? key.description : key.name)
        cells += object.cells
        if output == .wide { cells += object.wideCells }
        cells.append(event.words.joined(separator: ", "))
        let style = event.style
        terminal.print(
            table.row(cells) { column, cell in
                switch column {
                case 0: terminal.styled(cell, style)
                case 1: terminal.styled(cell, .faint)
                default: cell
                }
            })
    }

    /// `{"type":"modified","source":"watch","ageMilliseconds":0.4,"changes":[…],"object":{…}}`
    static func json(_ event: InformerEvent<Object>) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", event.name.lowercased())
        writer.member("source", event.source.name)
        writer.key("ageMilliseconds")
        writer.write(event.ageMilliseconds)
        writer.key("changes")
        writer.beginArray()
        for word in event.words { writer.write(word) }
        writer.endArray()
        writer.key("object")
        if let raw = event.raw {
            raw.withUnsafeBytes { writer.writeRaw($0) }
        } else {
            // Known by its absence from a list: there is no newer text of it than its identity.
            let identity = event.change.object.identity
            writer.write([
                "metadata": [
                    "namespace": .string(identity.key.namespace), "name": .string(identity.key.name),
                    "uid": .string(identity.uid), "resourceVersion": .string(identity.resourceVersion),
                ]
            ])
        }
        writer.endObject()
        return writer.bytes + [0x0a]
    }
}

extension InformerEvent.Source {
    /// In words for people and programs.
    fileprivate var name: String {
        switch self {
        case .initial: "initial"
        case .watch: "watch"
        case .relist: "missed"
        }
    }
}

extension InformerEvent where Object: DescribedObject {
    fileprivate var name: String {
        switch change {
        case .added: source == .initial ? "EXISTS" : "ADDED"
        case .modified: "MODIFIED"
        case .deleted: "DELETED"
        }
    }

    fileprivate var style: Terminal.Style {
        switch change {
        case .added: source == .initial ? .faint : .good
        case .modified: .change
        case .deleted: .bad
        }
    }

    fileprivate var words: [String] {
        let words: [String] =
            switch change {
            case .added(let object): object.summary
            case .modified(let object, from: let earlier): object.differences(from: earlier)
            case .deleted: []
            }
        return source == .relist ? ["missed"] + words : words
    }

    /// The time from the event's arrival until now.
    fileprivate var ageMilliseconds: Double {
        let (seconds, attoseconds) = (ContinuousClock.now - received).components
        return (Double(seconds) * 1e3 + Double(attoseconds) * 1e-15).rounded(toPlaces: 3)
    }

    fileprivate var age: String {
        let milliseconds = ageMilliseconds
        return milliseconds < 1000 ? "\(Int(milliseconds.rounded(.up)))ms" : "\(Int(milliseconds / 1000))s"
    }
}

extension Double {
    fileprivate func rounded(toPlaces places: Int) -> Double {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        return (self * scale).rounded() / scale
    }
}
