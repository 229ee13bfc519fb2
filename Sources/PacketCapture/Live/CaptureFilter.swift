internal import CPcap

/// A filter in the language of tcpdump, compiled for one link type (pcap-filter(7)).
package struct CaptureFilter: ~Copyable {
    /// What was compiled.
    package let text: String
    private var program: bpf_program

    /// Compiles a filter; an empty one accepts everything.
    package init(
        _ text: String, linkType: LinkType = .ethernet, snapLength: Int = 262_144
    ) throws(LiveCaptureError) {
        self.text = text
        guard let handle = pcap_open_dead(CInt(linkType.rawValue), CInt(clamping: snapLength)) else {
            throw .filter(text, message: "out of memory")
        }
        defer { pcap_close(handle) }
        var program = bpf_program()
        guard pcap_compile(handle, &program, text, 1, bpf_u_int32(PCAP_NETMASK_UNKNOWN)) == 0 else {
            throw .filter(text, message: String(cString: pcap_geterr(handle)))
        }
        self.program = program
    }

    deinit {
        var program = program
        pcap_freecode(&program)
    }

    /// Whether the filter lets a packet through. The packet must be of the link type the filter was compiled for.
    package func accepts(_ packet: CapturedPacket) -> Bool {
        guard let base = packet.bytes.baseAddress else { return false }
        return bpf_filter(
            program.bf_insns, base.assumingMemoryBound(to: UInt8.self), packet.wireLength,
            UInt32(clamping: packet.bytes.count)) != 0
    }

    /// The instructions, for a socket that filters in the kernel.
    func withInstructions<Result>(_ body: (UnsafeRawPointer?, Int) -> Result) -> Result {
        body(UnsafeRawPointer(program.bf_insns), Int(program.bf_len))
    }
}
