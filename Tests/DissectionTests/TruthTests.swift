import JSON
import Testing

@testable import Dissection

/// Captures that nobody on this project made, with counts by tshark: what is found must be what others found.
@Suite("Captures of other projects")
struct TruthTests {
    /// Where our count differs from tshark's better one, and ours is right or the difference is wanted. The reasons are
    /// in `docs/dissection.md`.
    static let explained: [String: [String: Int]] = {
        var table: [String: [String: Int]] = [
            // Segments are missing; tshark waits for them, or reads each segment alone (then 381 and 677).
            "http1/4k-requests-only.pcap": ["http_req": 381], "http1/650-responses-only.pcap": ["http_resp": 676],
            // tshark stops at what is missing or odd, the bytes go on: as many as there are status lines.
            "http1/gap-simple.pcap": ["http_resp": 3], "http1/gap-whole-body.pcap": ["http_resp": 3],
            "http1/pipeline-with-gap.pcap": ["http_resp": 3], "http1/connect-fragmented.pcap": ["http_resp": 2],
            "link/twovlan.pcap": ["http_resp": 1],
            "tcp/http-seq-issue.pcap": ["http_resp": 1], "tcp/urgent.pcap": ["http_req": 1],
            "ip/http-with-padding.pcap": ["http_req": 1], "http1/te-obs-fold.pcap": ["http_req": 2],
            // Equal addresses in three VLANs are three connections.
            "link/vlan-collisions.pcap": ["http_req": 3, "http_resp": 3],
            // Two of tshark's six are repetitions of others: there are four requests.
            "tcp/arkime-retrans.pcap": ["http_resp": 4],
            // tshark does not read HTTP/0.9, nor HTTP on port 22.
            "http1/http09.pcap": ["http_req": 1, "http_resp": 1],
            "http1/single-conn-22.pcap": ["http_req": 1, "http_resp": 1],
            // HTTP/0.9 too, which Zeek counts. In the second file one request of the four was captured behind what
            // acknowledges and answers it, and counts as lost.
            "link/mixed-vlan-mpls.pcap": ["http_resp": 2],
            "ip/ipv6-atomic-frag-http.pcap": ["http_req": 3, "http_resp": 3],
            // Not in this set: DNS within HTTP/2, TLS within QUIC.
            "http2/dns-over-http2.pcap": ["dns_r": 0], "tls/quic-http3.pcap": ["client_hello": 0, "sni": 0],
        ]
        // Bent status lines and lengths, which browsers accept.
        for number in ["026", "027", "046", "050", "078", "082", "086", "095", "098"] {
            table["http1/evader/evader-\(number).pcap"] = ["http_resp": 1]
        }
        return table
    }()

    /// Commands by the baselines of Zeek, whose rows tell commands and messages of subscriptions.
    static let redisCommands = [
        "redis/attr.pcap": 2, "redis/reply-off-on.pcap": 8, "redis/excessive-pipelining.pcap": 12,
        "redis/pipeline-quotes.pcap": 8, "redis/pipelining-example.pcap": 3, "redis/bulk-loading.pcap": 1_001,
        "redis/set.pcap": 3, "redis/auth.pcap": 3,
    ]

    @Test(
        "items are as many as others found, every counter adds up, and nothing crashes or hangs",
        .enabled(if: TruthCaptures.available != nil, "needs ../shared/pcaps"))
    func counts() throws {
        var settings = DissectionSettings()
        settings.enabled = DissectionSettings.known
        let folder = try #require(TruthCaptures.available)
        var checked = 0
        for (path, truth) in try TruthCaptures.truth() {
            guard truth["frames"]?.integer ?? 0 > 0 else { continue }
            guard let dissected = try? Dissected(file: folder + "/" + path, settings) else {
                // A part of the set is not here.
                continue
            }
            checked += 1
            #expect(dissected.violations == [], "\(path)")
            let explained = Self.explained[path] ?? [:]
            if let commands = Self.redisCommands[path] {
                #expect(dissected.counted("redis") == commands, "\(path)")
            }
            for field in ["http_req", "http_resp", "dns_q", "dns_r", "client_hello"] {
                let first = truth[field]?.integer ?? 0
                let better = max(first, truth["without_ooo"]?[field]?.integer ?? 0)
                let wanted = explained[field].map(Int64.init) ?? better
                #expect(
                    Int64(dissected.counted(field)) == wanted,
                    "\(path): \(field) by tshark \(better)\(dissected.fault.map { " (\($0))" } ?? "")")
            }
            let names = Set((truth["sni"]?.array ?? []).compactMap(\.string))
            if explained["sni"] == nil { #expect(dissected.serverNames == names, "\(path)") }
        }
        #expect(checked > 200)
    }
}
