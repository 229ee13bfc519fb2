import CurlTransport
import Glibc
import Subprocess
import Testing

/// A real nginx with TLS and HTTP/2 on free ports of 127.0.0.1, in a temporary folder of its own.
struct Nginx: Sendable {
    /// Certificates and keys, as PEM bytes.
    struct Material: Sendable {
        /// The authority that signed everything below.
        let authority: [UInt8]
        /// An authority that signed nothing.
        let otherAuthority: [UInt8]
        let clientCertificate: [UInt8]
        let clientKey: [UInt8]
    }

    enum Failure: Error {
        /// Install it (apt-get install nginx-light openssl), or do without `REMORA_REQUIRE_SERVERS`.
        case notInstalled
        case cannotMakeCertificates(String)
        case doesNotStart(String)
        case cannotUse(String, errorNumber: Int32)
    }

    /// The server of the suite that runs.
    @TaskLocal static var current: Nginx?

    /// Certificate for localhost and 127.0.0.1; under SNI `kubernetes.example` one for that name only.
    let url: String
    /// The same, and a client certificate is required.
    let clientURL: String
    let material: Material

    static let isInstalled = ["nginx", "openssl"].allSatisfy { name in
        folders.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    /// Whether to run the tests that want an nginx: where it is required they run, and fail without.
    static let isWanted = isInstalled || getenv("REMORA_REQUIRE_SERVERS") != nil

    /// Where Debian keeps nginx is in root's PATH only.
    private static let folders = (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin") + ":/usr/sbin"

    /// Runs `body` with a server that is gone afterwards.
    static func run(_ body: (Nginx) async throws -> Void) async throws {
        guard isInstalled else { throw Failure.notInstalled }
        let folder = try makeFolder()
        do {
            let material = try await makeCertificates(in: folder)
            try await serve(material, in: folder, body)
        } catch {
            try? await remove(folder)
            throw error
        }
        try await remove(folder)
    }

    // MARK: Material

    private static func makeFolder() throws -> String {
        var template = Array("/tmp/remora-nginx-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.cannotUse("/tmp", errorNumber: errno) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func remove(_ folder: String) async throws {
        _ = try await Subprocess.run(.name("rm"), arguments: ["-rf", folder], output: .discarded)
    }

    private static func makeCertificates(in folder: String) async throws -> Material {
        let script = """
            set -e; cd "$1"
            request() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "$@"; }
            signed() { request -CA ca.pem -CAkey ca.key -addext basicConstraints=critical,CA:FALSE "$@"; }
            request -keyout ca.key -out ca.pem -subj "/CN=Test authority"
            request -keyout other.key -out other.pem -subj "/CN=Other authority"
            signed -keyout server.key -out server.pem -subj /CN=server -addext subjectAltName=DNS:localhost,IP:127.0.0.1
            signed -keyout name.key -out name.pem -subj /CN=name -addext subjectAltName=DNS:kubernetes.example
            signed -keyout client.key -out client.pem -subj /CN=remora-client
            """
        let result = try await Subprocess.run(
            .name("sh"), arguments: ["-c", script, "sh", folder], output: .discarded, error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            throw Failure.cannotMakeCertificates(result.standardError)
        }
        return Material(
            authority: try contents(of: folder + "/ca.pem"), otherAuthority: try contents(of: folder + "/other.pem"),
            clientCertificate: try contents(of: folder + "/client.pem"),
            clientKey: try contents(of: folder + "/client.key"))
    }

    private static func contents(of path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Failure.cannotUse(path, errorNumber: errno) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    private static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw Failure.cannotUse(path, errorNumber: errno) }
        fputs(text, file)
        fclose(file)
    }

    // MARK: Serving

    private static func serve(
        _ material: Material, in folder: String, _ body: (Nginx) async throws -> Void
    ) async throws {
        // Ports that are free now may be taken when nginx starts: then it ends, and others are tried.
        for _ in 0..<5 {
            let (port, clientPort) = (try freePort(), try freePort())
            try write(configuration(folder, port, clientPort), to: folder + "/nginx.conf")
            let nginx = Nginx(
                url: "https://127.0.0.1:\(port)", clientURL: "https://127.0.0.1:\(clientPort)", material: material)
            let result = try await Subprocess.run(
                .name("sh"),
                arguments: ["-c", "PATH=\"$2\" exec nginx -p \"$1\" -c nginx.conf", "sh", folder, folders],
                input: .none, output: .discarded, error: .discarded
            ) { execution in
                let isUp = try await nginx.waitUntilUp()
                if isUp { try await body(nginx) }
                try? execution.send(signal: .terminate)
                return isUp
            }
            if result.closureResult { return }
        }
        throw Failure.doesNotStart(String(decoding: (try? contents(of: folder + "/error.log")) ?? [], as: UTF8.self))
    }

    /// False if it has not come up after a while, most likely because a port was taken.
    private func waitUntilUp() async throws -> Bool {
        let transport = try CurlTransport()
        let limits = TimeLimits(connect: .seconds(5), headers: .seconds(5))
        for _ in 0..<400 {
            if try await transport.error(request("/info", limits: limits)) == nil { return true }
            try await Task.sleep(for: .milliseconds(25))
        }
        return false
    }

    /// A request to the server that trusts its authority.
    func request(_ path: String, limits: TimeLimits = .patient) -> HTTPRequest {
        var request = HTTPRequest.direct(url + path, limits: limits)
        request.tls.trust = .authorities(material.authority)
        return request
    }

    /// A request that nginx hands on to a plain server, unbuffered.
    func request(_ path: String, to server: TestServer) -> HTTPRequest {
        var request = request("/upstream" + path)
        request.headers = [("X-Upstream", "127.0.0.1:\(server.port)")]
        return request
    }

    private static func freePort() throws -> Int {
        // The listener is gone at the end of the line.
        try ScriptedServer { _ in }.port
    }

    private static func configuration(_ folder: String, _ port: Int, _ clientPort: Int) -> String {
        """
        daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/error.log;
        worker_rlimit_nofile 4096; events { worker_connections 2048; }
        http {
            access_log off; ssl_certificate \(folder)/server.pem; ssl_certificate_key \(folder)/server.key;
            client_body_temp_path \(folder)/b; proxy_temp_path \(folder)/p; fastcgi_temp_path \(folder)/f;
            uwsgi_temp_path \(folder)/u; scgi_temp_path \(folder)/s;
            server {
                listen 127.0.0.1:\(port) ssl http2 default_server backlog=512; server_name localhost;
                location = /info { return 200 "$server_protocol $connection $ssl_server_name $http_host"; }
                location /upstream/ {
                    proxy_pass http://$http_x_upstream; rewrite ^/upstream(/.*)$ $1 break;
                    proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 1h;
                }
            }
            server {
                listen 127.0.0.1:\(port) ssl http2; server_name kubernetes.example;
                ssl_certificate \(folder)/name.pem; ssl_certificate_key \(folder)/name.key;
                location = /info { return 200 "$server_protocol $connection $ssl_server_name $http_host"; }
            }
            server {
                listen 127.0.0.1:\(clientPort) ssl http2 default_server;
                ssl_client_certificate \(folder)/ca.pem; ssl_verify_client on;
                location / { return 200 "$ssl_client_verify $ssl_client_s_dn"; }
            }
        }

        """
    }
}

/// Gives a suite an ``Nginx`` for all its tests together.
struct NginxTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing body: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await Nginx.run { nginx in
            try await Nginx.$current.withValue(nginx) { try await body() }
        }
    }
}

extension Trait where Self == NginxTrait {
    /// One nginx for the suite; see ``Nginx/current``.
    static var nginx: NginxTrait { NginxTrait() }
}
