/// The faults that act on one direction of one connection.
struct LaneFaults: Equatable {
    /// The end that a direction comes to by force.
    struct Cut: Equatable {
        var bytesLeft: Int
        let ending: TrafficShaper.Ending
    }

    private(set) var isFrozen = false
    private(set) var swallows = false
    private(set) var sliceBytes: Int?
    private(set) var delay: Duration = .zero
    private(set) var bytesPerSecond: Int?
    private(set) var cut: Cut?
    /// How many bytes ahead each byte is that will be flipped.
    private(set) var flips: [Int] = []

    mutating func add(_ fault: Fault) {
        switch fault {
        case .freeze: isFrozen = true
        case .blackhole: swallows = true
        case .reset(let bytes): cut = Cut(bytesLeft: Self.checked(bytes, atLeast: 0), ending: .reset)
        case .close(let bytes): cut = Cut(bytesLeft: Self.checked(bytes, atLeast: 0), ending: .close)
        case .slice(let bytes): sliceBytes = Self.checked(bytes, atLeast: 1)
        case .delay(let duration): delay = duration
        case .throttle(let rate): bytesPerSecond = Self.checked(rate, atLeast: 1)
        case .flipByte(let distance): flips.append(Self.checked(distance, atLeast: 0))
        }
    }

    /// Takes all faults away but the one that cannot be undone.
    mutating func heal() {
        let swallows = swallows
        self = LaneFaults()
        self.swallows = swallows
    }

    /// Applies and counts down the faults that are so many bytes away, now that `bytes` go out.
    mutating func pass(_ bytes: inout [UInt8]) {
        cut?.bytesLeft -= bytes.count
        for distance in flips where distance < bytes.count { bytes[distance] ^= 0xff }
        flips = flips.filter { $0 >= bytes.count }.map { $0 - bytes.count }
    }

    private static func checked(_ value: Int, atLeast minimum: Int) -> Int {
        precondition(value >= minimum, "a fault was given \(value) bytes where at least \(minimum) make sense")
        return value
    }
}
