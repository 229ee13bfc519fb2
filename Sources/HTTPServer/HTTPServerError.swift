/// Why a server cannot do what it was asked to.
package enum HTTPServerError: Error, Equatable, CustomStringConvertible {
    /// The address cannot be listened on.
    case cannotListen(host: String, port: Int, reason: String)
    /// The client closed its connection, or stopped reading for longer than the limit.
    case peerGone

    /// A sentence for a person.
    package var description: String {
        switch self {
        case .cannotListen(let host, let port, let reason):
            "cannot listen on \(host) port \(port): \(reason). Choose another port, or end the program that has it"
        case .peerGone: "the client is gone: nothing more can be sent to it"
        }
    }
}
