extension Duration {
    /// For messages: `30 s`, `0.5 s`.
    var formattedSeconds: String {
        let seconds = Double(components.seconds) + Double(components.attoseconds) * 1e-18
        return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
    }

    /// For libcurl, which takes no more than 31 bits (24 days) of them.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = max(min(self, .milliseconds(Int32.max)), .zero).components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
