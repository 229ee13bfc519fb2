import FoundationEssentials
import Glibc
import Testing
import Timestamps

@testable import KubernetesConfiguration

@Suite("Credential plugins that are real processes")
struct PluginProcessTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    /// Loads a kubeconfig whose user has a plugin with these fields, beside a command in `plugin`.
    private func load(
        _ script: String, fields: String = "interactiveMode: Never", version: String = "v1",
        cluster: String = "server: \"https://host\"", timeLimit: Duration = .seconds(120), hasTerminal: Bool = false
    ) throws -> ClusterConfiguration {
        try folder.script("home/.kube/plugin", script)
        let user = "exec: {apiVersion: client.authentication.k8s.io/\(version), command: ./plugin, \(fields)}"
        return try folder.load(Samples.kubeconfig(cluster: cluster, user: user), hasTerminal: hasTerminal) {
            $0.pluginTimeLimit = timeLimit
        }
    }

    private func credential(_ status: String, version: String = "v1") -> String {
        """
        cat <<'END'
        {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/\(version)", "status": \(status)}
        END
        """
    }

    private func failure(_ configuration: ClusterConfiguration) async throws -> PluginFailure {
        do {
            _ = try await configuration.credentials.credentials()
        } catch ConfigurationError.plugin(let failure) {
            return failure
        }
        throw NoFailure()
    }

    private struct NoFailure: Error {}

    private func expectedFailure(_ reason: PluginFailure.Reason, _ tail: String = "") -> PluginFailure {
        PluginFailure(
            place: ConfigurationPlace(
                file: "\(folder.path)/home/.kube/config", entry: "user \"me\"", key: "exec"),
            command: "./plugin", reason: reason, standardErrorTail: tail)
    }

    // MARK: What it gives

    @Test("a token with an expiry is used", arguments: ["v1", "v1beta1"])
    func token(version: String) async throws {
        let configuration = try load(
            credential(#"{"token": "abc", "expirationTimestamp": "2123-01-01T00:00:00Z"}"#, version: version),
            version: version)
        #expect(
            try await configuration.credentials.credentials()
                == Credentials(
                    authorization: .bearer(token: "abc"), expiresAt: Timestamp("2123-01-01T00:00:00Z")))
    }

    @Test("a client certificate without a token and without an expiry is used")
    func certificate() async throws {
        let quoted = { (text: String) in text.replacing("\n", with: "\\n") }
        let configuration = try load(
            credential(
                """
                {"clientCertificateData": "\(quoted(Samples.certificate("me")))",
                 "clientKeyData": "\(quoted(Samples.privateKey("mine")))", "token": null}
                """))
        #expect(
            try await configuration.credentials.credentials()
                == Credentials(clientCertificate: Samples.pair("me", "mine")))
    }

    @Test("a run is not repeated while its credentials hold, and is after a refusal")
    func runs() async throws {
        let time = TestClock()
        try folder.script(
            "home/.kube/plugin",
            "echo x >> runs\n"
                + #"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","#
                + #""status":{"token":"'$(wc -l < runs)'"}}'"#)
        let user = """
            exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh,
                   args: [-c, "cd '\(folder.path)/home/.kube' && ./plugin"]}
            """
        let configuration = try folder.load(Samples.kubeconfig(user: user), clock: time.clock)
        let first = try await configuration.credentials.credentials()
        #expect(first.authorization == .bearer(token: "1"))
        #expect(try await configuration.credentials.credentials() == first)
        time.advance(by: .seconds(100))
        await configuration.credentials.refused(first)
        #expect(try await configuration.credentials.credentials().authorization == .bearer(token: "2"))
    }

    // MARK: What it is given

    @Test("it gets its arguments, its variables beside those of this process, and no input")
    func arguments() async throws {
        let configuration = try load(
            #"{ printf '%s|' "$@" "$ADDED" "$EMPTY" "$PATH"; cat; } > "$0.seen""# + "\n"
                + credential(#"{"token": "a"}"#),
            fields: """
                interactiveMode: IfAvailable, args: [one, "two words", ""],
                env: [{name: ADDED, value: "a=b"}, {name: EMPTY, value: ""}]
                """)
        _ = try await configuration.credentials.credentials()
        #expect(folder.read("home/.kube/plugin.seen") == "one|two words||a=b||/usr/bin:/bin|")
    }

    @Test("it is told about the cluster if its entry asks for that, and always whether it may ask a person")
    func clusterInfo() async throws {
        let script = #"printf '%s' "$KUBERNETES_EXEC_INFO" > "$0.seen""# + "\n" + credential(#"{"token": "a"}"#)
        _ = try await load(script).credentials.credentials()
        #expect(
            folder.read("home/.kube/plugin.seen")
                == #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","#
                + #""spec":{"interactive":false}}"#)

        try folder.write("home/.kube/ca.crt", Samples.certificate("ca"))
        let configuration = try load(
            script, fields: "interactiveMode: Never, provideClusterInfo: true",
            cluster: """
                server: "https://host:6443", tls-server-name: inner, proxy-url: "http://proxy:3128",
                certificate-authority: ca.crt, extensions: [
                {name: other, extension: {x: 1}}, {name: client.authentication.k8s.io/exec, extension: {audience: me}}]
                """)
        _ = try await configuration.credentials.credentials()
        #expect(
            folder.read("home/.kube/plugin.seen")
                == #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"cluster":{"#
                + #""server":"https://host:6443","tls-server-name":"inner","proxy-url":"http://proxy:3128","#
                + #""config":{"audience":"me"},"certificate-authority-data":""#
                + Samples.base64(Samples.certificate("ca")) + #""},"interactive":false}}"#)
    }

    @Test("a bare command is looked for in PATH, where relative folders do not count")
    func search() async throws {
        try folder.script("bin/found-in-path", credential(#"{"token": "a"}"#))
        let user = """
            exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: found-in-path,
                   installHint: "install it\\nwith care"}
            """
        try folder.write("home/.kube/config", Samples.kubeconfig(user: user))
        let found = try ClusterConfiguration.load(host: folder.host(["PATH": "/usr/bin:/bin:\(folder.path)/bin"]))
        #expect(try await found.credentials.credentials().authorization == .bearer(token: "a"))
        let lost = try ClusterConfiguration.load(host: folder.host(["PATH": "/usr/bin:bin:."]))
        let failure = try await failure(lost)
        #expect(
            failure.reason
                == .notFound(searched: "PATH=/usr/bin:bin:.", installHint: "install it\nwith care"))
        #expect(
            failure.description == """
                \(folder.path)/home/.kube/config, user "me", exec: the credential plugin "found-in-path" does not exist \
                or is not executable (searched: PATH=/usr/bin:bin:.).
                install it
                with care
                """)
    }

    // MARK: What goes wrong

    @Test("a plugin that fails is reported with its status and its last words, without escape sequences")
    func failing() async throws {
        let configuration = try load("echo started; printf '\\033[31mno\\033[0m session\\n\\n' >&2; exit 7")
        #expect(
            try await failure(configuration)
                == expectedFailure(.failed(status: "exit code 7"), "[31mno[0m session"))
    }

    @Test("a plugin that kills itself is reported with the signal")
    func signalled() async throws {
        #expect(
            try await failure(load("kill -9 $$")) == expectedFailure(.failed(status: "signal 9")))
    }

    @Test("of a long standard error only the end is kept")
    func longStandardError() async throws {
        let configuration = try load(
            "i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; echo the end >&2; exit 1")
        let tail = try await failure(configuration).standardErrorTail
        #expect(tail.hasSuffix("line 2998\nline 2999\nthe end"))
        #expect(tail.utf8.count > PluginProcess.tailLimit - 20 && tail.utf8.count <= PluginProcess.tailLimit)
    }

    @Test(
        "what is no ExecCredential is refused",
        arguments: [
            ("true", "it printed nothing"),
            (
                "echo not json",
                "JSON: expected a value at byte 0; it should print one ExecCredential object and nothing else"
            ),
            ("echo '{}'", "its kind is not ExecCredential"),
            (
                #"echo '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1", "status": {}}'"#,
                "its apiVersion is client.authentication.k8s.io/v1beta1, and the kubeconfig asks for"
                    + " client.authentication.k8s.io/v1; make the two agree"
            ),
            (
                #"echo '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1"}'"#,
                "it has no status"
            ),
        ])
    func garbage(script: String, problem: String) async throws {
        #expect(try await failure(load(script)) == expectedFailure(.invalidOutput(problem: problem)))
    }

    @Test(
        "a status that cannot be used is refused",
        arguments: [
            ("{}", "its status has neither a token nor a client certificate"),
            (#"{"token": ""}"#, "its status has neither a token nor a client certificate"),
            (#"{"token": 5}"#, "status.token is no string"),
            (
                #"{"token": "a\r\nb"}"#,
                "its token holds a space, a line break or a character outside ASCII, which no token has"
            ),
            (
                #"{"token": "a", "expirationTimestamp": "soon"}"#,
                "status.expirationTimestamp is no RFC 3339 time, such as 2025-01-31T12:00:00Z"
            ),
            (
                #"{"clientKeyData": "a"}"#,
                "status has only one of clientCertificateData and clientKeyData"
            ),
            (
                #"{"clientCertificateData": "a", "clientKeyData": "b"}"#,
                "status.clientCertificateData holds no certificate in PEM form (no line -----BEGIN CERTIFICATE-----)"
            ),
        ])
    func badStatus(status: String, problem: String) async throws {
        #expect(try await failure(load(credential(status))) == expectedFailure(.invalidOutput(problem: problem)))
    }

    @Test("a plugin that never stops printing is killed")
    func hugeOutput() async throws {
        let configuration = try load("echo $$ > \"$0.pid\"; exec cat /dev/zero")
        #expect(try await failure(configuration) == expectedFailure(.outputTooLarge(limit: 1 << 20)))
        try await waitUntil("the process is gone") { isGone("home/.kube/plugin.pid") }
    }

    @Test("a plugin that hangs and ignores SIGTERM is killed with all that it started")
    func hanging() async throws {
        let configuration = try load(
            """
            trap '' TERM
            sh -c 'trap "" TERM; echo $$ > "$0.child"; while :; do sleep 1; done' "$0" &
            echo $$ > "$0.pid"
            echo waiting for godot >&2
            while :; do sleep 1; done
            """, timeLimit: .seconds(8))
        #expect(
            try await failure(configuration) == expectedFailure(.timedOut(limit: .seconds(8)), "waiting for godot"))
        for process in ["pid", "child"] {
            try await waitUntil("process \(process) is gone") { isGone("home/.kube/plugin.\(process)") }
        }
    }

    @Test("a plugin that closes its output and stays is killed when its time is up")
    func silentStay() async throws {
        let configuration = try load(
            "echo $$ > \"$0.pid\"; exec >&- 2>&-; while :; do sleep 1; done", timeLimit: .seconds(6))
        #expect(try await failure(configuration) == expectedFailure(.timedOut(limit: .seconds(6))))
        try await waitUntil("the process is gone") { isGone("home/.kube/plugin.pid") }
    }

    @Test("what a plugin leaves running does not hold its credentials up")
    func leavesChild() async throws {
        // The child keeps standard output open, as agents that a login starts do.
        let configuration = try load("sleep 300 &\necho $! > \"$0.pid\"\n" + credential(#"{"token": "a"}"#))
        #expect(try await configuration.credentials.credentials().authorization == .bearer(token: "a"))
        #expect(!isGone("home/.kube/plugin.pid"))
        if let child = pid("home/.kube/plugin.pid") { kill(child, SIGKILL) }
    }

    @Test("when the last caller gives up, the process is killed")
    func cancelled() async throws {
        let configuration = try load("echo $$ > \"$0.pid\"; exec sleep 300")
        let caller = Task { try await configuration.credentials.credentials() }
        try await waitUntil("the plugin runs") { pid("home/.kube/plugin.pid") != nil }
        caller.cancel()
        await #expect(throws: ConfigurationError.cancelled) { try await caller.value }
        try await waitUntil("the process is gone") { isGone("home/.kube/plugin.pid") }
    }

    @Test("a plugin that must ask a person fails without a terminal")
    func needsTerminal() async throws {
        let configuration = try load(credential(#"{"token": "a"}"#), fields: "interactiveMode: Always")
        #expect(try await failure(configuration) == expectedFailure(.needsTerminal))
    }

    @Test("a plugin that may ask a person is told so where there is a terminal", arguments: ["Always", "IfAvailable"])
    func interactive(mode: String) async throws {
        let configuration = try load(
            #"printf '%s' "$KUBERNETES_EXEC_INFO" > "$0.seen""# + "\n" + credential(#"{"token": "a"}"#),
            fields: "interactiveMode: \(mode)", hasTerminal: true)
        #expect(try await configuration.credentials.credentials().authorization == .bearer(token: "a"))
        #expect(folder.read("home/.kube/plugin.seen")?.hasSuffix(#""spec":{"interactive":true}}"#) == true)
    }

    @Test("a file that is no program cannot be started")
    func notAProgram() async throws {
        let configuration = try load("")
        try folder.write("home/.kube/plugin", "\u{1}\u{2}", mode: 0o700)
        guard case .cannotStart = try await failure(configuration).reason else {
            Issue.record("it was started")
            return
        }
    }

    // MARK: Processes

    private func pid(_ file: String) -> pid_t? {
        folder.read(file).flatMap { pid_t(String($0.trimmingSpaces())) }
    }

    /// Whether the process has ended; one that nobody waited for yet counts as ended.
    private func isGone(_ file: String) -> Bool {
        guard let pid = pid(file) else { return false }
        guard let status = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return true }
        // "pid (name) state …", and the name may hold anything.
        let text = String(decoding: status, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return false }
        return text[end...].dropFirst(2).first == "Z"
    }
}
