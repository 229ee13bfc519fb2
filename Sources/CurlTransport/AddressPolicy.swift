internal import CCurl
internal import Glibc

/// To which addresses a transport may connect; looked at for each connection, after the name was resolved.
///
/// Through a proxy it is the proxy's address that is looked at: which address the proxy connects to, only the proxy
/// can refuse.
public struct AddressPolicy: Sendable, Hashable {
    /// The first bits of an address, IPv4 written as `::ffff:a.b.c.d`.
    struct Prefix: Sendable, Hashable {
        let bits: UInt128
        let length: Int

        func contains(_ address: UInt128) -> Bool { (address ^ bits) >> UInt128(128 - length) == 0 }
    }

    private let refused: [Prefix]

    /// Any address.
    public static let any = AddressPolicy(refused: [])

    /// Any but those at which clouds hand out credentials to whoever asks: link-local addresses, and the few others that
    /// serve metadata.
    public static let withoutMetadata = AddressPolicy(refused: [
        // RFC 3927: AWS, Google, Azure, OpenStack and others have their metadata at 169.254.169.254.
        v4(169, 254, 0, 0, length: 16),
        // Alibaba Cloud's metadata, and the host agent of Azure.
        v4(100, 100, 100, 200, length: 32), v4(168, 63, 129, 16, length: 32),
        // RFC 4291, section 2.5.6; and AWS' metadata, fd00:ec2::254.
        Prefix(bits: 0xfe80 << 112, length: 10), Prefix(bits: 0xfd00_0ec2 << 96, length: 32),
    ])

    private static let v4Space: UInt128 = 0xffff << 32

    private static func v4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, length: Int) -> Prefix {
        let number = UInt128(a) << 24 | UInt128(b) << 16 | UInt128(c) << 8 | UInt128(d)
        return Prefix(bits: v4Space | number, length: 96 + length)
    }

    /// Whether a connection to an address, written in numbers, is refused. A text that is no address is not.
    public func refuses(_ text: String) -> Bool {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return refuses(Self.v4Space | UInt128(UInt32(bigEndian: v4.s_addr))) }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return false }
        return refuses(withUnsafeBytes(of: v6, Self.number))
    }

    func refuses(_ address: UInt128) -> Bool {
        var address = address
        // RFC 6052: what a NAT64 gateway makes an IPv4 address of.
        if address >> 32 == 0x0064_ff9b << 64 { address = Self.v4Space | address & 0xffff_ffff }
        return refused.contains { $0.contains(address) }
    }

    /// Whether a connection is refused; `address` is what libcurl gives its callback.
    func refuses(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Bool {
        guard !refused.isEmpty, let number = Self.number(of: address) else { return false }
        return refuses(number)
    }

    private static func number(of address: UnsafeMutablePointer<curl_sockaddr>) -> UInt128? {
        // The address proper is longer than the member that libcurl declares for it.
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        let bytes = UnsafeRawPointer(address) + offset
        switch address.pointee.family {
        case AF_INET:
            return v4Space | UInt128(UInt32(bigEndian: bytes.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6:
            return withUnsafeBytes(of: bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr, number)
        default: return nil
        }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer) -> UInt128 {
        bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }
}
