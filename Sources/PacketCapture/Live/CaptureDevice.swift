internal import CPcap

/// An interface that packets can be captured from.
package struct CaptureDevice: Sendable, Equatable {
    /// Its name, as `eth0`.
    package var name: String
    /// What the system says about it; often empty.
    package var summary: String
    /// Whether it is up.
    package var isUp: Bool
    /// Whether it is the loopback interface.
    package var isLoopback: Bool

    /// All interfaces that libpcap can open, `any` among them.
    package static func all() throws(LiveCaptureError) -> [CaptureDevice] {
        var first: UnsafeMutablePointer<pcap_if_t>?
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard pcap_findalldevs(&first, &message) == 0 else {
            throw .system(interface: "any", message: text(message))
        }
        defer { pcap_freealldevs(first) }
        var devices: [CaptureDevice] = []
        var next = first
        while let device = next?.pointee {
            devices.append(
                CaptureDevice(
                    name: String(cString: device.name),
                    summary: device.description.map { String(cString: $0) } ?? "",
                    isUp: device.flags & UInt32(PCAP_IF_UP) != 0,
                    isLoopback: device.flags & UInt32(PCAP_IF_LOOPBACK) != 0))
            next = device.next
        }
        return devices
    }
}

/// The text in a buffer that libpcap filled.
func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
