internal import CJavaScriptCore
internal import Glibc

/// Holds the calls into one VM to their budgets.
///
/// The library asks every so often, on the script's own thread, whether the running script is to end. Facts on which
/// this rests, each with a test of its own: the interval is CPU time of the thread; the question is asked once unless it
/// is put anew each time; an answer of true ends the script past every `catch` and `finally`; a single native step is not
/// interrupted; after a nested call was ended, whatever runs inside the same outermost call may fail at any function that it
/// calls. So the outermost call is ended too.
final class CallWatch {
    /// Why a call was ended.
    enum Ending {
        case breach(BudgetBreach)
        case replaced
        /// A call that ran inside it was ended.
        case interrupted
    }

    private struct Call {
        let computeLimit: Duration
        let timeLimit: Duration
        var deadline: ContinuousClock.Instant
        var cpuStart: Duration
        let memoryStart: Int
    }

    private let budget: ScriptBudget
    private let control: InstanceControl
    // Unowned: the VM's owner owns the watch too, and ends both together.
    private unowned let vm: JavaScriptVM
    private var calls: [Call] = []
    private var ending: Ending?
    private var memoryAtLastLook = 0
    /// Points to the number of the packet at work while a batch runs: each packet has a budget of its own.
    private var row: UnsafePointer<Double>?
    private var lastRow = -1.0
    /// A nested call was ended: until the outermost one returns, the VM takes no further one.
    private(set) var isInterrupted = false

    init(vm: JavaScriptVM, budget: ScriptBudget, control: InstanceControl) {
        self.vm = vm
        self.budget = budget
        self.control = control
        arm()
    }

    /// How many calls are open, one inside the other.
    var depth: Int { calls.count }

    /// When the innermost call runs out of time.
    var deadline: ContinuousClock.Instant { calls.last?.deadline ?? .now }

    /// Opens a call. `row`, for a batch of packets, says where the number of the packet at work stands.
    func begin(isLong: Bool, row: UnsafePointer<Double>? = nil) {
        let timeLimit = isLong ? budget.jobTime : budget.hookTime
        calls.append(
            Call(
                computeLimit: isLong ? budget.jobCompute : budget.hookCompute, timeLimit: timeLimit,
                deadline: .now + timeLimit, cpuStart: Self.threadTime(), memoryStart: memoryAtLastLook))
        self.row = row
        lastRow = row?.pointee ?? -1
        control.noteLook()
    }

    /// Closes the innermost call; what it used does not count for the one around it.
    ///
    /// Returns whether the VM may still hold the word that a call is to end, which then strikes the next one: it was given
    /// to an outermost call that ended by itself before it heard it.
    func end() -> Bool {
        guard let call = calls.popLast() else { return false }
        row = nil
        guard calls.isEmpty else {
            calls[calls.count - 1].cpuStart += Self.threadTime() - call.cpuStart
            return false
        }
        defer { isInterrupted = false }
        control.noteRest()
        return isInterrupted
    }

    /// Why the innermost call was ended, if it was; asks again for the next one.
    func takeEnding() -> Ending? {
        guard let ending else { return nil }
        self.ending = nil
        isInterrupted = calls.count > 1
        arm()
        return ending
    }

    private func arm() {
        JSContextGroupSetExecutionTimeLimit(
            vm.group, budget.checkInterval / .seconds(1),
            { _, user in
                guard let user else { return false }
                return Unmanaged<CallWatch>.fromOpaque(user).takeUnretainedValue().mustEnd()
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func mustEnd() -> Bool {
        control.noteLook()
        ending = judge()
        // Always anew: should the library lose the word that the script is to end, it is asked again.
        arm()
        return ending != nil
    }

    private func judge() -> Ending? {
        if control.mustEnd { return .replaced }
        if isInterrupted { return .interrupted }
        noteRow()
        guard let call = calls.last else { return nil }
        if Self.threadTime() - call.cpuStart > call.computeLimit { return .breach(.compute(limit: call.computeLimit)) }
        if .now > call.deadline { return .breach(.time(limit: call.timeLimit)) }
        return isMemoryExceeded(by: call) ? .breach(.memory(limit: budget.memory)) : nil
    }

    private func noteRow() {
        guard let row, row.pointee != lastRow, let last = calls.indices.last else { return }
        lastRow = row.pointee
        calls[last].cpuStart = Self.threadTime()
        calls[last].deadline = .now + calls[last].timeLimit
    }

    /// Counting a heap is slow, so that it waits until the process has grown. The heap's own figures leave out some of
    /// what a script makes (long texts above all); a process that has grown by the limit during this very call, most of
    /// it unaccounted for, is laid at the door of a script whose heap grew large too.
    private func isMemoryExceeded(by call: Call) -> Bool {
        let growthWorthALook = 8 << 20
        let accountedShare = 4
        let memory = Self.residentBytes()
        guard memory > memoryAtLastLook + growthWorthALook || memory > call.memoryStart + budget.memory else {
            memoryAtLastLook = min(memoryAtLastLook, memory)
            return false
        }
        memoryAtLastLook = memory
        let heap = vm.heapBytes()
        if heap > budget.memory { return true }
        return memory - call.memoryStart > budget.memory && heap > budget.memory / accountedShare
    }

    private static func threadTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// What the process has in RAM; the second number of /proc/self/statm, in pages.
    private static func residentBytes() -> Int {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { buffer in
            let count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
            let fields = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
            return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
        }
    }
}
