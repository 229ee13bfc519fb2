import Glibc
import TrafficFuzzing

// Mutates inputs of the corpus without looking at what they reach: many times as many inputs a second as libFuzzer.
//
//   TrafficFuzzer [--inputs N] [--seconds N] [--seed N] [--only NUMBER] [TARGET…]
//
// An input is made of the seed and its number alone. Where a target traps, the number is told, and `--only` makes that
// input again; `--only` writes it to standard output.

/// What to do, as the command line says.
struct Plan {
    var inputs = 1_000_000
    var seconds: Double = .infinity
    var seed: UInt64 = 1
    var only: Int?
    var targets: [FuzzTarget] = []

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "--inputs": inputs = Int(rest.popFirst() ?? "") ?? inputs
            case "--seconds": seconds = Double(rest.popFirst() ?? "") ?? seconds
            case "--seed": seed = UInt64(rest.popFirst() ?? "") ?? seed
            case "--only": only = Int(rest.popFirst() ?? "")
            default:
                guard let target = FuzzTarget(rawValue: word) else {
                    print("there is no target \(word): \(FuzzTarget.allCases.map(\.rawValue))")
                    exit(2)
                }
                targets.append(target)
            }
        }
        if targets.isEmpty { targets = FuzzTarget.allCases }
    }
}

/// The number of the input at hand, for whoever handles the trap.
nonisolated(unsafe) let current = UnsafeMutablePointer<Int>.allocate(capacity: 1)

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

current.pointee = 0
for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE] {
    signal(number) { number in
        // Nothing but system calls here.
        var digits: [48 of UInt8] = .init(repeating: 0x0a)
        var rest = current.pointee
        var place = 46
        repeat {
            digits[place] = 0x30 + UInt8(rest % 10)
            rest /= 10
            place -= 1
        } while rest > 0
        _ = write(2, "input ", 6)
        let count = digits.count - 1 - place
        digits.span.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { _ = write(2, start + place + 1, count) }
        }
        signal(number, SIG_DFL)
        raise(number)
    }
}

let plan = Plan(Array(CommandLine.arguments.dropFirst()))
let corpus = FuzzCorpus.default
for target in plan.targets {
    let words = FuzzCorpus.words(of: target)
    let seeds = corpus.inputs(of: target)
    func input(_ number: Int) -> [UInt8] {
        var mutator = Mutator(seed: plan.seed &* 0x1_0000_0001 &+ UInt64(number))
        return mutator.input(from: seeds, words: words)
    }
    if let only = plan.only {
        let bytes = input(only)
        _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
        target.run(bytes)
        continue
    }
    let start = cpuSeconds()
    var count = 0
    var bytes = 0
    while count < plan.inputs, count % 1_024 != 0 || cpuSeconds() - start < plan.seconds {
        current.pointee = count
        let made = input(count)
        bytes += made.count
        target.run(made)
        count += 1
    }
    let spent = cpuSeconds() - start
    print(
        "\(target.rawValue): \(count) inputs, \(bytes / max(count, 1)) bytes each, \(Int(spent)) CPU s, seed \(plan.seed)"
    )
    fflush(nil)
}
