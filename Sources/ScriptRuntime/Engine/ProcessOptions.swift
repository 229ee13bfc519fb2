internal import CJavaScriptCore
internal import Glibc
internal import Threading

/// What the JavaScript engine must know before its first call in a process; see ``ScriptEngine/prepareProcess(_:)``.
public struct ProcessOptions: Sendable, Equatable {
    /// Whether scripts are compiled to machine code.
    ///
    /// On, a packet hook runs 20 to 40 times as fast and the process maps one region that is writable and executable.
    /// Off, an idle script takes about 1 MB less, and nothing is writable and executable.
    public var isJITEnabled: Bool
    /// The memory by which the collector judges how far heaps may grow before it works.
    ///
    /// Without it the engine takes the RAM of the whole machine, which a container does not have.
    public var memory: Int?

    /// Takes the defaults unless told otherwise: compiled scripts, and memory as the engine finds it.
    public init(isJITEnabled: Bool = true, memory: Int? = nil) {
        self.isJITEnabled = isJITEnabled
        self.memory = memory
    }

    /// Whether the options were set; the engine reads them once, with its first VM.
    private static let isApplied = Locked(false)

    /// Sets the options unless that has happened.
    func applyOnce() {
        // Under the lock: a thread that comes second must not make a VM before the first is through, or the library
        // would read the environment without the options.
        Self.isApplied.withLock { isApplied in
            guard !isApplied else { return }
            isApplied = true
            apply()
        }
    }

    private func apply() {
        setenv("JSC_useJIT", isJITEnabled ? "1" : "0", 1)
        // Compiled loops look for a request to stop by themselves. By default another thread patches their code while it
        // holds them by a signal, which was seen to fail for ever under load: the script then ran on past its limit.
        setenv("JSC_usePollingTraps", "1", 1)
        // One script is small: marking it in parallel only costs threads.
        setenv("JSC_numberOfGCMarkers", "1", 1)
        if let memory { setenv("JSC_forceRAMSize", String(memory), 1) }
        // SIGUSR1 is what operators send to programs; the collector takes a real-time signal instead. SIGRTMIN is a
        // function in glibc, hence out of reach: 34 is its value, and 4 keeps clear of what glibc itself uses.
        _ = JSConfigureSignalForGC(34 + 4)
        // A helper that writes to a closed connection must get an error, not end the process.
        signal(SIGPIPE, SIG_IGN)
    }
}
