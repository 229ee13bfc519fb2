import JSON
import RecordingServer
import Testing
import YAML

@testable import ScriptHelpers

@Suite(
    "vendor.gcs against gcp-storage-emulator", .serialized,
    .enabled(if: ServerProcess.isWanted("gcp-storage-emulator", "openssl")))
struct GoogleTests {
    @Test("files go up whole and in pieces with a signed token, and clear deletes this node's folder only")
    func storage() async throws {
        try await ServerProcess.run(
            "gcp-storage-emulator",
            prepare: { _, folder in
                let made = try await ServerProcess.output(
                    "sh",
                    [
                        "-c",
                        "cd \"$0\" && openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem && openssl pkey -in key.pem -pubout -out pub.pem",
                        folder,
                    ])
                #expect(made.isSuccess, "\(made.text)")
            },
            arguments: { port, _ in
                ["start", "--host", "127.0.0.1", "--port", String(port), "--default-bucket", "bucket", "-M", "-q"]
            }
        ) { server in
            try await RecordingServer.run { _ in
                .init(200, #"{"access_token":"ya29.token","expires_in":3600,"token_type":"Bearer"}"#)
            } _: { oauth in
                let pem = try await ServerProcess.output("cat", [server.folder + "/key.pem"]).text
                let key: JSONValue = [
                    "type": "service_account", "client_email": "a@b.example", "private_key_id": "k1",
                    // As YAML in quotes leaves it.
                    "private_key": .string(pem.replacing("\n", with: "\\n")),
                    "token_uri": .string(oauth.url + "/token"),
                ]
                let bench = try HelperBench(
                    process: ["STORAGE_EMULATOR_HOST": server.url],
                    environment: ["GCS_SA_KEY_JSON": .string(key.description)])
                let made = try await ServerProcess.output(
                    "sh",
                    [
                        "-c", "head -c 70000001 /dev/urandom > \"$0\"/data/big && sha256sum < \"$0\"/data/big",
                        bench.folder,
                    ])
                try await bench.load(
                    """
                    file.write("a b.txt", "hello");
                    console.log(vendor.gcs.put("bucket", "a b.txt", JSON.parse(env.GCS_SA_KEY_JSON)));
                    console.log(vendor.gcs.put("bucket", "big", env.GCS_SA_KEY_JSON));
                    try { vendor.gcs.put("nobucket", "a b.txt", env.GCS_SA_KEY_JSON); } catch (e) { console.log(e.code, e.status); }
                    try { vendor.gcs.put("bucket", "big", "{}"); } catch (e) { console.log(String(e)); }
                    """)
                #expect(
                    bench.console == [
                        "Uploaded node-a_10.0.0.1/a b.txt file to GCS bucket: bucket",
                        "\(server.url)/bucket/node-a_10.0.0.1/a%20b.txt",
                        "Uploaded node-a_10.0.0.1/big file to GCS bucket: bucket",
                        "\(server.url)/bucket/node-a_10.0.0.1/big", "HTTP_STATUS 404",
                        "TypeError: the service account key has no client_email or no private_key",
                    ])
                #expect(bench.failures.isEmpty)
                let media = "\(server.url)/download/storage/v1/b/bucket/o/node-a_10.0.0.1%2F"
                let got = try await ServerProcess.output(
                    "sh", ["-c", "curl -sS \"$0\" | sha256sum", media + "big?alt=media"])
                #expect(got.text == made.text)
                try await check(oauth.requests, server.folder)
                try await bench.load("vendor.gcs.clear('bucket', env.GCS_SA_KEY_JSON);", index: 1)
                let list = try await ServerProcess.output("curl", ["-sS", "\(server.url)/storage/v1/b/bucket/o"])
                #expect(!list.text.contains("node-a"))
                await bench.end()
            }
        }
    }

    /// One token served all calls; the claim is Google's, and openssl finds the signature good.
    private func check(_ requests: [RecordingServer.Request], _ folder: String) async throws {
        #expect(requests.map(\.path) == ["/token"])
        let form = try #require(requests.first?.text.split(separator: "&"))
        #expect(form.first == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer")
        let token = try #require(form.last?.split(separator: "=").last).split(separator: ".")
        try #require(token.count == 3)
        func decoded(_ text: Substring) throws -> [UInt8] {
            let plain = text.replacing("-", with: "+").replacing("_", with: "/")
            return try #require(Base64.decode(plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)))
        }
        #expect(try JSONValue(parsing: decoded(token[0])) == ["alg": "RS256", "typ": "JWT", "kid": "k1"])
        let claims = try JSONValue(parsing: decoded(token[1]))
        #expect(claims["iss"] == "a@b.example")
        #expect(claims["scope"] == "https://www.googleapis.com/auth/devstorage.read_write")
        #expect(claims["aud"]?.string?.hasSuffix("/token") == true)
        #expect((claims["exp"]?.integer ?? 0) - (claims["iat"]?.integer ?? 0) == 3600)
        try ServerProcess.write("\(token[0]).\(token[1])", to: folder + "/text")
        let signature = Base64.encode(try decoded(token[2]))
        let verified = try await ServerProcess.output(
            "sh",
            [
                "-c",
                "cd \"$0\" && printf %s \"$1\" | base64 -d > sig && openssl dgst -sha256 -verify pub.pem -signature sig text",
                folder, signature,
            ])
        #expect(verified.text == "Verified OK\n")
    }
}
