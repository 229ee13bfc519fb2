internal import JSON

/// What a worker posts: messages in their order, under a number by which the hub knows a report again.
package struct FleetReport: Sendable, Equatable {
    /// The connection that it belongs to; it goes in the header ``FleetProtocol/sessionHeader``.
    package let session: String
    /// Counts the reports of a process; a report that is sent again has the same.
    package let sequence: Int
    package let messages: [WorkerMessage]

    package init(session: String, sequence: Int, messages: [WorkerMessage]) {
        self.session = session
        self.sequence = sequence
        self.messages = messages
    }

    package init(_ body: [UInt8], session: String) throws(FleetWireError) {
        let value: JSONValue
        do { value = try JSONValue(parsing: body) } catch { throw FleetWireError("a report that is no JSON: \(error)") }
        guard let sequence = value["sequence"]?.integer.flatMap({ Int(exactly: $0) }),
            let messages = value["messages"]?.array
        else { throw FleetWireError("a report without sequence or messages") }
        var known: [WorkerMessage] = []
        for message in messages {
            if let message = try WorkerMessage(message) { known.append(message) }
        }
        self.init(session: session, sequence: sequence, messages: known)
    }

    package var body: [UInt8] {
        JSONValue.object([
            "sequence": .integer(Int64(sequence)), "messages": .array(messages.map(\.json)),
        ]).encoded()
    }
}
