import KubernetesClient
import PodSignals
import Testing

/// Sequences that a real cluster (Kubernetes 1.20.2: API server, kubelet, containers that really died) told, and what
/// scripts are to be told of them.
@Suite("Recorded sequences")
struct RecordedSequenceTests {
    private static let expectations: [(name: String, told: [String])] = [
        (
            "crash-loop",
            [
                "ADDED",
                "MODIFIED crashed main Error 7/- 0→0",
                "MODIFIED crash-loop main BackOff 0→0 by event",
                "MODIFIED crashed main Error 7/- 0→1",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "deadline",
            [
                "ADDED",
                "MODIFIED deadline-exceeded DeadlineExceeded",
                "MODIFIED terminating",
                "DELETED gone DeadlineExceeded",
            ]
        ),
        (
            "delete",
            [
                "ADDED",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "delete-stubborn",
            [
                "ADDED",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "evict-api",
            [
                "ADDED",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "evict-disk",
            [
                "ADDED",
                "MODIFIED evicted Evicted by event",
                "MODIFIED terminating",
                "DELETED gone Evicted",
            ]
        ),
        (
            "exit-0",
            [
                "ADDED",
                "MODIFIED completed main Completed 0/- 0→0",
                "MODIFIED crash-loop main BackOff 1→1 by event",
                "MODIFIED completed main Completed 0/- 1→1",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "exit-1",
            [
                "ADDED",
                "MODIFIED crashed main Error 1/- 0→0",
                "MODIFIED crash-loop main BackOff 1→1 by event",
                "MODIFIED crashed main Error 1/- 1→1",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "force-deleted",
            [
                "ADDED",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "image-never",
            [
                "ADDED",
                "MODIFIED start-failed main Failed 0→0 by event",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "image-pull",
            [
                "ADDED",
                "MODIFIED start-failed main Failed 0→0 by event",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "init-crash",
            [
                "ADDED",
                "MODIFIED init-crashed init Error 4/- 0→0",
                "MODIFIED init-crashed init Error 4/- 0→1",
                "MODIFIED crash-loop init BackOff 1→1 by event",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "job",
            [
                "ADDED",
                "MODIFIED crashed main Error 6/- 0→0",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "job-done",
            [
                "ADDED",
                "MODIFIED completed main Completed 0/- 0→0",
            ]
        ),
        (
            "kill",
            [
                "ADDED",
                "MODIFIED terminating",
                "DELETED gone",
                "ADDED",
                "MODIFIED crashed main Error 137/9 0→0",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "liveness",
            [
                "ADDED",
                "MODIFIED liveness-failing main Unhealthy 0→0 by event",
                "MODIFIED completed main Completed 0/- 0→1",
                "MODIFIED liveness-failing main Unhealthy 1→1 by event",
                "MODIFIED completed main Completed 0/- 1→2",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "never",
            [
                "ADDED",
                "MODIFIED crashed main Error 5/- 0→0",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "no-command",
            [
                "ADDED",
                "MODIFIED start-failed main Failed 0→0 by event",
                "MODIFIED crash-loop main BackOff 0→0 by event",
                "MODIFIED start-failed main StartError 128/- 0→1",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "no-configmap",
            [
                "ADDED",
                "MODIFIED start-failed main Failed 0→0 by event",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "node-lost",
            [
                "ADDED",
                "MODIFIED node-lost node node-1 by node",
                "MODIFIED tainted TaintManagerEviction by event",
                "MODIFIED terminating",
            ]
        ),
        (
            "oom",
            [
                "ADDED",
                "MODIFIED oom-killed main OOMKilled 137/9 0→0",
                "MODIFIED oom-killed main OOMKilled 137/9 0→1",
                "MODIFIED crash-loop main BackOff 1→1 by event",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "preempted",
            [
                "ADDED",
                "MODIFIED terminating",
                "MODIFIED preempted Preempted by event",
                "DELETED gone",
            ]
        ),
        (
            "readiness",
            [
                "ADDED",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "readiness-lost",
            [
                "ADDED",
                "MODIFIED readiness-lost main Unhealthy 0→0 by event",
                "MODIFIED terminating",
                "MODIFIED tainted TaintManagerEviction by event",
                "DELETED gone",
            ]
        ),
        (
            "segv",
            [
                "ADDED",
                "MODIFIED segfault main Error 139/11 0→0",
                "MODIFIED crash-loop main BackOff 1→1 by event",
                "MODIFIED segfault main Error 139/11 1→1",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "sidecar-crash",
            [
                "ADDED",
                "MODIFIED crashed main Error 3/- 0→0",
                "MODIFIED crash-loop main BackOff 1→1 by event",
                "MODIFIED crashed main Error 3/- 1→1",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "startup",
            [
                "ADDED",
                "MODIFIED start-failed main Unhealthy 0→0 by event",
                "MODIFIED completed main Completed 0/- 0→1",
                "MODIFIED start-failed main Unhealthy 1→1 by event",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "tainted",
            [
                "ADDED",
                "MODIFIED tainted TaintManagerEviction by event",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
        (
            "unschedulable",
            [
                "ADDED",
                "MODIFIED start-failed FailedScheduling by event",
                "MODIFIED terminating",
                "DELETED gone",
            ]
        ),
    ]

    @Test("each transition of a recorded pod is told once, with its kind", arguments: expectations)
    func recorded(name: String, told: [String]) throws {
        var player = Player()
        let notices = try player.play(Recording(name).lines).brief
        #expect(notices == told)
    }

    static let names = expectations.map(\.name)

    @Test("whoever begins in the middle tells nothing again and misses nothing", arguments: names)
    func resumption(name: String) throws {
        let lines = try Recording(name).lines
        var whole = Player()
        var told: [Int: [String]] = [:]
        for (index, line) in lines.enumerated() { told[index] = try whole.play(line).brief }
        for start in lines.indices {
            var early = Player()
            for line in lines[..<start] { _ = try early.play(line) }
            var late = try early.resumed(lines[..<start])
            for index in start..<lines.count {
                #expect(try late.play(lines[index]).brief == told[index], "resumed at \(start), line \(index)")
            }
        }
    }

    @Test("told twice, a version is no news", arguments: names)
    func repetition(name: String) throws {
        var player = Player()
        for line in try Recording(name).lines {
            _ = try player.play(line)
            guard line.type != "DELETED" else { continue }
            #expect(try player.play(line).filter { $0.change != nil }.map(\.brief) == [])
        }
    }
}
