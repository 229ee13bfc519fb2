import Glibc
import JSON
import RecordingServer
import Testing
import Threading

@testable import ScriptHelpers

/// Every helper that calls out against everything that goes wrong: what a script sees. The table is `docs/helper-errors.md`;
/// `REMORA_WRITE_DOCS=1 swift test --filter ErrorTableTests` writes it anew.
@Suite("Errors of helpers")
struct ErrorTableTests {
    /// Each with `URL` for the service's address.
    private static let helpers: [(name: String, source: String)] = [
        (
            "vendor.webhook",
            #"vendor.webhook("POST", URL + "/x?key=query-secret", "body", { Authorization: "Bearer header-secret" })"#
        ),
        ("vendor.slack", #"vendor.slack(URL + "/services/T0/B0/path-secret", "P", "T", "good")"#),
        ("vendor.slackBot", #"vendor.slackBot("xoxb-secret", "C012", "P", "T", "good")"#),
        ("vendor.influxdb", #"vendor.influxdb(URL, "influx-secret", "o", "b", "m", { a: 1 })"#),
        ("vendor.elastic", #"vendor.elastic(URL, "logs", { a: 1 }, "elastic", "elastic-secret")"#),
        ("vendor.kinesis.put", #"vendor.kinesis.put("s", "x", "us-east-1", "AKID", "aws-secret")"#),
        ("vendor.s3.put", #"vendor.s3.put("bucket", FILE, "us-east-1", "AKID", "aws-secret")"#),
        ("vendor.gcs.put", #"vendor.gcs.put("bucket", FILE)"#),
        ("vendor.azure.put", #"vendor.azure.put("box", FILE, "acc", "YXp1cmUtc2VjcmV0")"#),
        ("vendor.otlp.logs", #"vendor.otlp.logs(URL, "x", { headers: { "X-Key": "otlp-secret" } })"#),
        ("chatgpt.prompt", #"chatgpt.prompt("sk-secret", "hi")"#),
    ]

    private static let cases = [
        "name not known", "connection refused", "no TLS", "wrong credentials (401)", "not found (404)",
        "server error (500)", "too many requests (429, Retry-After: 3600)", "answer cut off", "no answer in time",
    ]

    private static let docs: String = {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(root)/docs/helper-errors.md"
    }()

    @Test("the table in docs/helper-errors.md is what scripts see, and no message holds a secret")
    func table() async throws {
        try await RecordingServer.run { request in
            var answer = RecordingServer.Answer(404, "")
            switch request.path.split(separator: "/").first {
            case "401": answer.status = 401
            case "500": answer.status = 500
            case "429": answer = .init(429, headers: [("Retry-After", "3600")])
            case "cut":
                answer = .init(200, "{\"ok\":")
                answer.isCutInBody = true
            case "late": answer.delay = .seconds(3600)
            default: break
            }
            return answer
        } _: { server in
            let closed = try ServerProcess.freePort()
            let urls = [
                "http://no-such-name.invalid", "http://127.0.0.1:\(closed)",
                server.url.replacing("http:", with: "https:"),
                server.url + "/401", server.url + "/404", server.url + "/500", server.url + "/429", server.url + "/cut",
                server.url + "/late",
            ]
            var rows: [[String]] = []
            // All servers' answers at the same time: each case waits for its own time limit.
            try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
                for (index, url) in urls.enumerated() { group.addTask { (index, try await Self.messages(url)) } }
                var found = [[String]](repeating: [], count: urls.count)
                for try await (index, messages) in group { found[index] = messages }
                rows = found
            }
            let text = Self.document(rows)
            #expect(!text.contains("secret"))
            try check(text)
        }
    }

    /// What each helper throws, as `code status message`.
    private static func messages(_ url: String) async throws -> [String] {
        let bench = try HelperBench(
            process: [
                "SLACK_API_URL": url + "/", "AWS_ENDPOINT_URL": url, "STORAGE_EMULATOR_HOST": url,
                "AZURE_STORAGE_BLOB_ENDPOINT": url, "OPENAI_BASE_URL": url,
            ], environment: ["URL": .string(url)]
        ) { $0.settings.totalLimit = url.hasSuffix("/late") ? .seconds(3) : .seconds(120) }
        // One script each: they wait side by side.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, helper) in helpers.enumerated() {
                let source = """
                    var FILE = "file-\(index)";
                    file.write(FILE, "x");
                    try { console.log("\(index)|no error|" + \(helper.source)); }
                    catch (e) { console.log("\(index)|`" + e.code + "`" + (e.status ? " " + e.status : "") + "|" + e.message); }
                    """
                group.addTask { try await bench.load(source, index: index) }
            }
            try await group.waitForAll()
        }
        await bench.end()
        return helpers.indices.map { index in
            let line = bench.console.first { $0.hasPrefix("\(index)|") } ?? "|missing|"
            return String(line.drop { $0 != "|" }.dropFirst()).replacing("|", with: " | ")
        }
    }

    private static func document(_ rows: [[String]]) -> String {
        var text = """
            # What scripts see when a service fails

            Written by `ErrorTableTests`, which checks it. `host` stands for the service's address; `e.code` and `e.status` are
            in the second column, `e.message` in the third. N s is the limit of the call.

            A webhook whose answer has any status is no error, as scripts for Kubeshark expect: the answer's body is returned.

            """
        for (name, messages) in zip(cases, rows) {
            text +=
                "\n## \(name.prefix(1).uppercased() + name.dropFirst())\n\n| helper | code | message |\n|---|---|---|\n"
            for (helper, message) in zip(helpers, messages) { text += "| `\(helper.name)` | \(plain(message)) |\n" }
        }
        return text
    }

    /// Without what differs from run to run.
    private static func plain(_ message: String) -> String {
        message.replacing(#/OpenSSL\/[\d.]+/#, with: "OpenSSL").replacing(#/127\.0\.0\.1:\d+/#, with: "host").replacing(
            #/127\.0\.0\.1 port \d+/#, with: "host"
        )
        .replacing(#/after \d+ ms/#, with: "after N ms").replacing(#/within [\d.]+ s/#, with: "within N s")
        .replacing(#/Resolving timed out after N ms[^|]*/#, with: "Could not resolve host: no-such-name.invalid")
    }

    private func check(_ text: String) throws {
        if getenv("REMORA_WRITE_DOCS") != nil { return try ServerProcess.write(text, to: Self.docs) }
        let file = fopen(Self.docs, "r")
        try #require(file != nil, "there is no \(Self.docs)")
        defer { if let file { fclose(file) } }
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = file.map { fread(&bytes, 1, bytes.count, $0) } ?? 0
        let known = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
        for (line, expected) in zip(known, text.split(separator: "\n")) { #expect(line == expected) }
        #expect(known.count == text.split(separator: "\n").count)
    }
}
