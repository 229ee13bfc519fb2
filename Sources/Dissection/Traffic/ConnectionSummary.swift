internal import JSON

/// What became of a connection, once it is over or forgotten.
package struct ConnectionSummary: Sendable, Equatable {
    package enum End: String, Sendable {
        /// Both sides said that they were done.
        case closed
        case reset = "Reset"
        /// Nobody answered the first packet.
        case unanswered = "SynSent"
        /// One side was done, the other never said so.
        case halfClosed = "CloseWait"
        /// Nothing was heard for long, or the capture ended.
        case open
    }

    package var transport: ConnectionIdentity.Transport
    package var begin: Int64
    package var lastTime: Int64
    package var end: End
    package var clientPackets: Int
    package var clientBytes: Int
    package var serverPackets: Int
    package var serverBytes: Int

    /// Describes a connection.
    package init(
        transport: ConnectionIdentity.Transport, begin: Int64, lastTime: Int64, end: End, clientPackets: Int,
        clientBytes: Int, serverPackets: Int, serverBytes: Int
    ) {
        self.transport = transport
        self.begin = begin
        self.lastTime = lastTime
        self.end = end
        self.clientPackets = clientPackets
        self.clientBytes = clientBytes
        self.serverPackets = serverPackets
        self.serverBytes = serverBytes
    }

    /// The item's error, for ends that are one.
    package var error: ItemError? {
        switch end {
        case .reset, .unanswered, .halfClosed: ItemError(.connection, end.rawValue)
        case .closed, .open: nil
        }
    }

    func write(_ connection: ConnectionIdentity, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("timeBegin", TimeText.rfc3339(begin))
        writer.member("timeEnd", TimeText.rfc3339(lastTime))
        writer.member("proto", transport.rawValue)
        writer.member("localPeer", "\(connection.client.address):\(connection.client.port)")
        writer.member("remotePeer", "\(connection.server.address):\(connection.server.port)")
        for (name, value) in [
            ("packetsSent", clientPackets), ("packetsReceived", serverPackets), ("bytesSent", clientBytes),
            ("bytesReceived", serverBytes),
        ] {
            writer.key(name)
            writer.write(Int64(value))
        }
        writer.member("resolvedLocal", "")
        writer.member("resolvedRemote", "")
        writer.member("state", end == .open ? "open" : "closed")
        writer.endObject()
    }
}
