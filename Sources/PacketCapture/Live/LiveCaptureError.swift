/// Why packets cannot be captured, and what to do about it.
package enum LiveCaptureError: Error, Equatable, CustomStringConvertible {
    /// The process lacks the right to open packet sockets.
    case permission(interface: String)
    /// There is no such interface; those that exist are named.
    case noSuchInterface(String, existing: [String])
    /// The filter's text is wrong: what the compiler says.
    case filter(String, message: String)
    /// Anything else that the capture library or the system says.
    case system(interface: String, message: String)
    /// The interface went away, or was shut down, while packets were captured.
    case interfaceLost(String)

    /// A sentence for people.
    package var description: String {
        switch self {
        case .permission(let interface):
            "no permission to capture on \(interface): run as root, or give the program CAP_NET_RAW "
                + "(`setcap cap_net_raw+ep FILE`; in a pod, add NET_RAW to the container's capabilities)"
        case .noSuchInterface(let name, let existing):
            "there is no interface \(name)"
                + (existing.isEmpty ? "" : "; there are: \(existing.joined(separator: ", "))")
        case .filter(let text, let message): "the packet filter \"\(text)\" is wrong: \(message)"
        case .system(let interface, let message): "cannot capture on \(interface): \(message)"
        case .interfaceLost(let name): "interface \(name) is gone or down"
        }
    }
}
