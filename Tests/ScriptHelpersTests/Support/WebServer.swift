import FoundationEssentials
import Glibc
import HTTPServer
import Subprocess

/// A real nginx on loopback, which does to callers what servers and networks do: redirects, certificates that nobody should
/// trust, answers that take their time or break off.
struct WebServer: Sendable {
    /// Plain HTTP.
    let url: String
    /// TLS by a certificate for 127.0.0.1; by one for another name; by one that is no longer valid.
    let tls: (good: String, otherName: String, expired: String)
    /// The authority that signed all three, as a PEM file.
    let authority: String

    enum Failure: Error { case notInstalled, noCertificates(String), doesNotStart(String) }

    static let isInstalled = ["/usr/sbin/nginx", "/usr/bin/openssl"].allSatisfy { (path: String) in
        access(path, X_OK) == 0
    }
    /// Where servers are required, their absence is a failure.
    static let isWanted = isInstalled || getenv("REMORA_REQUIRE_SERVERS") != nil

    /// Runs `body` with a server that is gone afterwards.
    static func run(_ body: @Sendable (WebServer) async throws -> Void) async throws {
        guard isInstalled else { throw Failure.notInstalled }
        let folder = FileManager.default.temporaryDirectory.appending(path: "remora-web-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await makeCertificates(in: folder)
        // A port that is free now may be taken when nginx starts: then others are tried.
        for _ in 0..<5 {
            let ports = try (0..<4).map { _ in try freePort() }
            try Data(configuration(folder, ports).utf8).write(to: URL(filePath: folder + "/nginx.conf"))
            let server = WebServer(
                url: "http://127.0.0.1:\(ports[0])",
                tls: (
                    "https://127.0.0.1:\(ports[1])", "https://127.0.0.1:\(ports[2])", "https://127.0.0.1:\(ports[3])"
                ), authority: folder + "/ca.pem")
            let result = try await Subprocess.run(
                .path("/usr/sbin/nginx"), arguments: ["-p", folder, "-c", "nginx.conf", "-e", "error.log"],
                input: .none, output: .discarded, error: .discarded
            ) { execution in
                let isUp = try await waitUntilUp(ports)
                if isUp { try await body(server) }
                try? execution.send(signal: .terminate)
                return isUp
            }
            if result.closureResult { return }
        }
        throw Failure.doesNotStart((try? String(contentsOfFile: folder + "/error.log", encoding: .utf8)) ?? "")
    }

    private static func makeCertificates(in folder: String) async throws {
        let script = """
            set -e; cd "$1"
            key() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "$@"; }
            key -x509 -days 2 -keyout ca.key -out ca.pem -subj "/CN=Test authority"
            signed() {
              key -x509 -CA ca.pem -CAkey ca.key -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" -days "$3" \\
                -addext basicConstraints=critical,CA:FALSE -addext "subjectAltName=$2"
            }
            signed good IP:127.0.0.1 2
            signed name DNS:elsewhere.example 2
            # openssl req makes none that has ended; x509 does, with a negative number of days.
            key -keyout old.key -out old.csr -subj /CN=old
            echo subjectAltName=IP:127.0.0.1 >old.ext
            openssl x509 -req -in old.csr -CA ca.pem -CAkey ca.key -days -1 -extfile old.ext -out old.pem
            """
        let result = try await Subprocess.run(
            .name("sh"), arguments: ["-c", script, "sh", folder], output: .discarded, error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else { throw Failure.noCertificates(result.standardError) }
    }

    private static func waitUntilUp(_ ports: [Int]) async throws -> Bool {
        for _ in 0..<400 {
            if ports.allSatisfy({ connects(to: $0) }) { return true }
            try await Task.sleep(for: .milliseconds(25))
        }
        return false
    }

    private static func withSocket<Result>(
        _ port: Int, _ body: (CInt, UnsafePointer<sockaddr>, socklen_t) throws -> Result
    ) rethrows -> Result {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return try withUnsafePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func connects(to port: Int) -> Bool { withSocket(port) { connect($0, $1, $2) == 0 } }

    private static func freePort() throws -> Int {
        try withSocket(0) { descriptor, address, length in
            guard bind(descriptor, address, length) == 0 else { throw Failure.doesNotStart("no port is free") }
            var bound = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            _ = withUnsafeMutablePointer(to: &bound) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
            }
            return Int(in_port_t(bigEndian: bound.sin_port))
        }
    }

    private static func configuration(_ folder: String, _ ports: [Int]) -> String {
        let encrypted = zip(ports.dropFirst(), ["good", "name", "old"]).map { port, name in
            """
            server {
                listen 127.0.0.1:\(port) ssl; ssl_certificate \(folder)/\(name).pem; ssl_certificate_key \(folder)/\(name).key;
                location / { return 200 "over TLS"; }
            }
            """
        }
        return """
            daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/error.log;
            events { worker_connections 256; }
            http {
                access_log off; default_type text/plain;
                client_body_temp_path \(folder)/b; proxy_temp_path \(folder)/p; fastcgi_temp_path \(folder)/f;
                uwsgi_temp_path \(folder)/u; scgi_temp_path \(folder)/s;
                server {
                    listen 127.0.0.1:\(ports[0]);
                    location = /seen { return 200 "$request_method $http_authorization"; }
                    location = /moved { return 301 /seen; }
                    location = /see-other { return 303 /seen; }
                    location = /keep { return 307 /seen; }
                    location = /elsewhere { return 302 http://localhost:\(ports[0])/seen; }
                    location = /metadata { return 302 http://169.254.169.254/latest/meta-data/; }
                    location = /loop { return 302 /loop; }
                    location = /slow { limit_rate 20; return 200 "\(String(repeating: "slow ", count: 400))"; }
                    # What it says to be a chunk is none.
                    location = /broken { add_header Transfer-Encoding chunked; return 200 "zz\\r\\nnot a chunk"; }
                }
                \(encrypted.joined(separator: "\n"))
            }

            """
    }
}
