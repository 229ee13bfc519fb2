internal import CPcap

/// Packets of one live interface (or `any`), through libpcap.
///
/// Never blocks: libpcap's own blocking read sleeps for ever when nothing comes, so whoever uses this polls
/// ``descriptor`` and then calls ``read(limit:into:)``. To be used by one thread.
struct LibpcapSource: ~Copyable {
    let interface: CaptureInterface
    let descriptor: CInt
    private let handle: OpaquePointer
    private let number: UInt16
    private(set) var statistics = CaptureStatistics()
    /// The kernel's counters, as 32-bit numbers that wrap around.
    private var kernelReceived: UInt32 = 0
    private var kernelDropped: UInt32 = 0
    private var interfaceDropped: UInt32 = 0

    /// Opens an interface. `number` is what its packets are marked with.
    init(interface name: String, number: UInt16, settings: CaptureSettings) throws(LiveCaptureError) {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = pcap_create(name, &message) else {
            throw .system(interface: name, message: text(message))
        }
        do {
            try Self.configure(handle, name, settings)
        } catch {
            pcap_close(handle)
            throw error
        }
        self.handle = handle
        self.number = number
        descriptor = pcap_get_selectable_fd(handle)
        interface = CaptureInterface(
            name: name, linkType: LinkType(rawValue: UInt16(truncatingIfNeeded: pcap_datalink(handle))),
            snapLength: UInt32(clamping: pcap_snapshot(handle)))
    }

    deinit { pcap_close(handle) }

    private static func configure(
        _ handle: OpaquePointer, _ name: String, _ settings: CaptureSettings
    ) throws(LiveCaptureError) {
        pcap_set_snaplen(handle, CInt(clamping: settings.snapLength))
        pcap_set_promisc(handle, settings.isPromiscuous ? 1 : 0)
        pcap_set_timeout(handle, settings.blockTimeoutMilliseconds)
        pcap_set_buffer_size(handle, CInt(clamping: settings.kernelBufferBytes))
        pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
        let status = pcap_activate(handle)
        if status < 0 { throw activationError(handle, name, status) }
        // Version 2 of the cooked format tells which interface a packet of `any` came from; not every system has it.
        if pcap_datalink(handle) == CInt(LinkType.linuxSLL.rawValue) {
            pcap_set_datalink(handle, CInt(LinkType.linuxSLL2.rawValue))
        }
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard pcap_setnonblock(handle, 1, &message) == 0 else {
            throw .system(interface: name, message: text(message))
        }
        if !settings.filter.isEmpty { try setFilter(settings.filter, on: handle) }
    }

    /// Lets another filter decide from now on; an empty one accepts everything. What the kernel holds already stays.
    func setFilter(_ text: String) throws(LiveCaptureError) { try Self.setFilter(text, on: handle) }

    private static func setFilter(_ text: String, on handle: OpaquePointer) throws(LiveCaptureError) {
        var program = bpf_program()
        guard pcap_compile(handle, &program, text, 1, bpf_u_int32(PCAP_NETMASK_UNKNOWN)) == 0 else {
            throw .filter(text, message: String(cString: pcap_geterr(handle)))
        }
        defer { pcap_freecode(&program) }
        guard pcap_setfilter(handle, &program) == 0 else {
            throw .filter(text, message: String(cString: pcap_geterr(handle)))
        }
    }

    private static func activationError(
        _ handle: OpaquePointer, _ name: String, _ status: CInt
    ) -> LiveCaptureError {
        switch status {
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED: .permission(interface: name)
        case PCAP_ERROR_NO_SUCH_DEVICE:
            .noSuchInterface(name, existing: ((try? CaptureDevice.all()) ?? []).map(\.name))
        case PCAP_ERROR_IFACE_NOT_UP: .interfaceLost(name)
        default: .system(interface: name, message: String(cString: pcap_geterr(handle)))
        }
    }

    /// Hands over what has been captured, at most `limit` packets; returns how many.
    mutating func read(limit: Int, into sink: inout some PacketSink & ~Copyable) throws(LiveCaptureError) -> Int {
        var count = 0
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var bytes: UnsafePointer<UInt8>?
        while count < limit {
            let status = pcap_next_ex(handle, &header, &bytes)
            guard status == 1, let header, let bytes else {
                if status == 0 || status == PCAP_ERROR_BREAK { break }
                throw lost()
            }
            let captured = Int(header.pointee.caplen)
            sink.take(
                CapturedPacket(
                    bytes: UnsafeRawBufferPointer(start: bytes, count: captured),
                    // With nanosecond precision, the field of microseconds holds nanoseconds.
                    time: Int64(header.pointee.ts.tv_sec) * 1_000_000_000 + Int64(header.pointee.ts.tv_usec),
                    wireLength: header.pointee.len, interface: number, linkType: interface.linkType))
            statistics.deliveredBytes += UInt64(captured)
            count += 1
        }
        statistics.delivered += UInt64(count)
        return count
    }

    private func lost() -> LiveCaptureError {
        let message = String(cString: pcap_geterr(handle))
        return message.contains("went down") || message.contains("disappeared")
            ? .interfaceLost(interface.name) : .system(interface: interface.name, message: message)
    }

    /// Brings ``statistics`` up to date with the kernel's counters.
    mutating func refreshStatistics() {
        var now = pcap_stat()
        guard pcap_stats(handle, &now) == 0 else { return }
        statistics.received += UInt64(now.ps_recv &- kernelReceived)
        statistics.droppedByKernel += UInt64(now.ps_drop &- kernelDropped)
        statistics.droppedByInterface += UInt64(now.ps_ifdrop &- interfaceDropped)
        (kernelReceived, kernelDropped, interfaceDropped) = (now.ps_recv, now.ps_drop, now.ps_ifdrop)
    }
}
