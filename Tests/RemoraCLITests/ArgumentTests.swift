import ArgumentParser
import RemoraProgram
import Testing

@testable import RemoraCLI

@Suite("The command line")
struct ArgumentTests {
    @Test("kinds have kubectl's singular and short names", arguments: WatchedKind.allCases)
    func kinds(kind: WatchedKind) throws {
        let singular = String(kind.rawValue.dropLast())
        #expect(WatchedKind(argument: kind.rawValue.uppercased()) == kind)
        #expect(WatchedKind(argument: singular) == kind)
        #expect(kind.resource.plural == kind.rawValue)
    }

    @Test("what makes no sense is refused with the reason")
    func refusals() throws {
        let cases: [([String], String)] = [
            (["watch", "pods", "--limit", "0"], "--limit takes a number from 1 on, not 0."),
            (["watch", "pods", "-A", "-n", "shop"], "--all-namespaces and --namespace exclude each other."),
            (["watch", "pdos"], "The value 'pdos' is invalid for '<kind>'"),
            (["watch", "--output", "xml"], "The value 'xml' is invalid for '--output <output>'"),
            (["hub", "--inject-image", "remora:1"], "--inject-image needs the API with TLS"),
            (["hub", "--inject-image", "remora:1", "--listen", "none"], "--inject-image needs the API with TLS"),
            (["demo", "--pause=-1"], "--pause takes a number of seconds from 0 on, not -1.0."),
        ]
        for (arguments, message) in cases {
            do {
                _ = try Remora.parseAsRoot(arguments)
                Issue.record("\(arguments) were accepted")
            } catch {
                #expect(Remora.fullMessage(for: error).contains(message), "\(arguments)")
                #expect(Remora.exitCode(for: error) == .validationFailure)
            }
        }
    }

    @Test("a hub in a cluster may put workers beside pods")
    func injection() throws {
        let arguments = ["hub", "--listen", ":8898", "--inject-image", "remora:1"]
        #expect(throws: Never.self) { try Remora.parseAsRoot(arguments) }
    }

    @Test("the help of a command fits a terminal and names every option")
    func help() {
        let help = WatchCommand.helpMessage(columns: 80)
        for option in [
            "--all-namespaces", "--output", "--limit", "--changes-only", "--selector", "--field-selector",
            "--kubeconfig", "--context", "--server", "--token", "--namespace",
        ] {
            #expect(help.contains(option))
        }
        let lines = help.split(separator: "\n").filter { !$0.hasPrefix("USAGE") }
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    @Test("the demo runs to its end, and its watch has missed nothing")
    func demo() async throws {
        let result = try await RemoraProgram.run(["demo", "--pause", "0"])
        #expect(result.status == .exited(0))
        for text in [
            "app: OOMKilled (exit 137)", "DELETED", "missed", "The copy equals the server's list.",
            "[hub-0] cart-5c9f7: oom-killed (OOMKilled)", "[hub-0] [v2] cart-5c9f7: crashed",
            "script 0 is outdated: line 2", "[hub-0:ERROR] (load) SyntaxError",
        ] {
            #expect(result.output.contains(text))
        }
        #expect(result.errors.contains("watch interrupted"))
        #expect(result.errors.contains("watching again"))
        #expect(!result.output.contains("\u{1b}"), "colour only where a terminal is")
    }
}
