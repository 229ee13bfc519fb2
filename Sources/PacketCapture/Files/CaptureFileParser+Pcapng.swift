extension CaptureFileParser {
    /// Interface and section headers are small; a larger one is garbage.
    static let headerBlockLimit = 1 << 20

    mutating func pcapngBlock(
        _ rest: UnsafeRawBufferPointer, swapped: Bool
    ) throws(CaptureFileError.Problem) -> Step {
        guard let base = rest.baseAddress, rest.count >= 12 else { return .needs(12) }
        if base.big32(0) == 0x0A0D_0D0A { return try sectionHeader(rest, base) }
        let block = PcapngBlock(bytes: base, swapped: swapped)
        let type = block.number32(0)
        let length = Int(block.number32(4))
        guard length >= 12, length % 4 == 0 else { throw .garbled("a block of \(length) bytes cannot be") }
        switch type {
        case 1, 2, 3, 6: break
        default: return .block(length: length)
        }
        guard length <= (type == 1 ? Self.headerBlockLimit : Self.recordLimit) else {
            throw .garbled("a block of type \(type) with \(length) bytes cannot be")
        }
        guard rest.count >= length else { return .needs(length) }
        guard Int(block.number32(length - 4)) == length else {
            throw .garbled("a block's length, \(length), is \(block.number32(length - 4)) at its end")
        }
        switch type {
        case 1:
            try interfaceDescription(block, length)
            return .block(length: length)
        case 3: return .packet(try simplePacket(block, length), length: length)
        default: return .packet(try enhancedPacket(block, length, isObsolete: type == 2), length: length)
        }
    }

    private mutating func sectionHeader(
        _ rest: UnsafeRawBufferPointer, _ base: UnsafeRawPointer
    ) throws(CaptureFileError.Problem) -> Step {
        let swapped: Bool
        switch base.native32(8) {
        case 0x1A2B_3C4D: swapped = false
        case 0x4D3C_2B1A: swapped = true
        default: throw .garbled("a section's byte-order mark is wrong")
        }
        let block = PcapngBlock(bytes: base, swapped: swapped)
        let length = Int(block.number32(4))
        guard length >= 28, length % 4 == 0, length <= Self.headerBlockLimit else {
            throw .garbled("a section header of \(length) bytes cannot be")
        }
        guard rest.count >= length else { return .needs(length) }
        guard block.number16(12) == 1 else { throw .garbled("version \(block.number16(12)) of pcapng is unknown") }
        format = .pcapng(swapped: swapped)
        section.removeAll(keepingCapacity: true)
        return .block(length: length)
    }

    private mutating func interfaceDescription(_ block: PcapngBlock, _ length: Int) throws(CaptureFileError.Problem) {
        guard length >= 20 else { throw .garbled("an interface block of \(length) bytes cannot be") }
        var interface = CaptureInterface(
            name: "", linkType: LinkType(rawValue: block.number16(8)), snapLength: block.number32(12))
        var resolution = TimeResolution()
        try block.forEachOption(from: 16, to: length - 4) { (code, value) throws(CaptureFileError.Problem) in
            switch code {
            case 2: interface.name = String(decoding: value, as: UTF8.self)
            case 9:
                guard value.count == 1 else { throw .garbled("a time resolution of \(value.count) bytes cannot be") }
                guard resolution.setUnits(value[0]) else {
                    throw .garbled("a time resolution finer than 64 bits can hold")
                }
            case 14:
                guard value.count == 8, let base = value.baseAddress else { return }
                let seconds = UInt64(bigEndian: base.loadUnaligned(as: UInt64.self))
                resolution.offsetSeconds = Int64(
                    bitPattern: block.swapped == isLittleEndian ? seconds : seconds.byteSwapped)
            default: break
            }
        }
        let number = try register(interface)
        section.append(
            SectionInterface(
                global: number, linkType: interface.linkType, snapLength: interface.snapLength, resolution: resolution))
    }

    private func enhancedPacket(
        _ block: PcapngBlock, _ length: Int, isObsolete: Bool
    ) throws(CaptureFileError.Problem) -> CapturedPacket {
        guard length >= 32 else { throw .garbled("a packet block of \(length) bytes cannot be") }
        let index = isObsolete ? Int(block.number16(8)) : Int(block.number32(8))
        guard index < section.count else { throw .garbled("a packet of interface \(index), which is not described") }
        let interface = section[index]
        let captured = Int(block.number32(20))
        guard captured <= length - 32 else {
            throw .garbled("a packet of \(captured) bytes in a block of \(length)")
        }
        let units = UInt64(block.number32(12)) << 32 | UInt64(block.number32(16))
        var packet = CapturedPacket(
            bytes: UnsafeRawBufferPointer(start: block.bytes + 28, count: captured),
            time: interface.resolution.nanoseconds(units), wireLength: max(block.number32(24), UInt32(captured)),
            interface: interface.global, linkType: interface.linkType)
        let options = 28 + (captured + 3) & ~3
        if options < length - 4 {
            try block.forEachOption(from: options, to: length - 4) { (code, value) throws(CaptureFileError.Problem) in
                guard code == 2, value.count == 4, let base = value.baseAddress else { return }
                let flags = block.swapped ? base.native32(0).byteSwapped : base.native32(0)
                packet.direction = PacketDirection(rawValue: UInt8(flags & 3)) ?? .unknown
            }
        }
        return packet
    }

    private func simplePacket(
        _ block: PcapngBlock, _ length: Int
    ) throws(CaptureFileError.Problem) -> CapturedPacket {
        guard length >= 16 else { throw .garbled("a packet block of \(length) bytes cannot be") }
        guard let interface = section.first else { throw .garbled("a packet before any interface is described") }
        let wireLength = block.number32(8)
        var captured = min(Int(wireLength), length - 16)
        if interface.snapLength > 0 { captured = min(captured, Int(interface.snapLength)) }
        return CapturedPacket(
            bytes: UnsafeRawBufferPointer(start: block.bytes + 12, count: captured), time: 0,
            wireLength: max(wireLength, UInt32(captured)), interface: interface.global, linkType: interface.linkType)
    }
}

private let isLittleEndian = UInt16(littleEndian: 1) == 1

/// A block's numbers, in its section's byte order.
struct PcapngBlock {
    let bytes: UnsafeRawPointer
    let swapped: Bool

    @inline(__always) func number32(_ offset: Int) -> UInt32 {
        swapped ? bytes.native32(offset).byteSwapped : bytes.native32(offset)
    }

    @inline(__always) func number16(_ offset: Int) -> UInt16 {
        swapped ? bytes.native16(offset).byteSwapped : bytes.native16(offset)
    }

    /// Calls `body` with each option's code and value; ends at the end-of-options mark or where options make no sense.
    func forEachOption(
        from start: Int, to end: Int,
        _ body: (UInt16, UnsafeRawBufferPointer) throws(CaptureFileError.Problem) -> Void
    ) throws(CaptureFileError.Problem) {
        var offset = start
        while offset + 4 <= end {
            let code = number16(offset)
            let count = Int(number16(offset + 2))
            guard code != 0, offset + 4 + count <= end else { return }
            try body(code, UnsafeRawBufferPointer(start: bytes + offset + 4, count: count))
            offset += 4 + (count + 3) & ~3
        }
    }
}

/// How an interface counts time: units since 1970, a millionth of a second each unless said otherwise.
struct TimeResolution: Equatable {
    private var unitsPerSecond: UInt64 = 1_000_000
    var offsetSeconds: Int64 = 0

    /// Reads the value of `if_tsresol`; false if such a unit cannot be counted in 64 bits.
    mutating func setUnits(_ value: UInt8) -> Bool {
        let exponent = Int(value & 0x7F)
        if value & 0x80 != 0 {
            guard exponent <= 63 else { return false }
            unitsPerSecond = 1 << exponent
        } else {
            guard exponent <= 19 else { return false }
            unitsPerSecond = (0..<exponent).reduce(1) { power, _ in power * 10 }
        }
        return true
    }

    @inline(__always) func nanoseconds(_ units: UInt64) -> Int64 {
        if offsetSeconds == 0, units < 1 << 53 || unitsPerSecond >= 1_000_000_000 {
            if unitsPerSecond == 1_000_000 { return Int64(truncatingIfNeeded: units &* 1000) }
            if unitsPerSecond == 1_000_000_000 { return Int64(clamping: units) }
        }
        return slowNanoseconds(units)
    }

    private func slowNanoseconds(_ units: UInt64) -> Int64 {
        let (seconds, rest) = units.quotientAndRemainder(dividingBy: unitsPerSecond)
        let product = rest.multipliedFullWidth(by: 1_000_000_000)
        // `rest` is less than a second, so the quotient is less than a thousand million.
        let fraction = Int64(unitsPerSecond.dividingFullWidth(product).quotient)
        let (total, overflow) = Int64(clamping: seconds).addingReportingOverflow(offsetSeconds)
        guard !overflow else { return .max }
        let (scaled, tooLarge) = total.multipliedReportingOverflow(by: 1_000_000_000)
        guard !tooLarge else { return total < 0 ? .min : .max }
        let (result, beyond) = scaled.addingReportingOverflow(fraction)
        return beyond ? .max : result
    }
}
