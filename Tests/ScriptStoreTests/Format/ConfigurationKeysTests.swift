import Testing
import Timestamps

@testable import ScriptStore

/// Contract 7.6.
@Suite("The other keys of the config map")
struct ConfigurationKeysTests {
    @Test("every key is read with its type")
    func allKeys() {
        var keys = ConfigurationKeys()
        let problems = keys.update(from: [
            "POD_REGEX": "^cart-", "NAMESPACES": "shop, bank,", "EXCLUDED_NAMESPACES": "kube-system", "STOPPED": "true",
            "BPF_OVERRIDE": "tcp port 80", "CAPTURE_SELF": "True", "DISSECTION_ENABLED": "false",
            "ENABLED_DISSECTORS": "http,dns", "PORT_MAPPING": #"{"http":[80,8080]}"#,
            "CUSTOM_MACROS": #"{"https":"tls and http"}"#, "GLOBAL_FILTER": "http", "DEFAULT_FILTER": "dns",
            "TRAFFIC_SAMPLE_RATE": "25", "JSON_TTL": "1h30m", "PCAP_TTL": "10s", "PCAP_ERROR_TTL": "0",
            "DUPLICATE_TIMEFRAME": "1.5s", "DETECT_DUPLICATES": "1", "RAW_CAPTURE_ENABLED": "0",
            "RAW_CAPTURE_STORAGE_SIZE": "2Gi", "TIMEZONE": " ", "SCRIPTING_DISABLED": "true",
            "SCRIPTING_ENV_FROM": #"["a",{"secretRef":{"name":"b","optional":true},"prefix":"B_"}]"#,
        ])
        var expected = ConfigurationKeys()
        expected.podRegex = "^cart-"
        expected.namespaces = ["shop", "bank"]
        expected.excludedNamespaces = ["kube-system"]
        expected.isStopped = true
        expected.captureFilterOverride = "tcp port 80"
        expected.capturesItself = true
        expected.isDissectionEnabled = false
        expected.enabledDissectors = ["http", "dns"]
        expected.portMapping = ["http": [80, 8080]]
        expected.customMacros = ["https": "tls and http"]
        expected.globalFilter = "http"
        expected.defaultFilter = "dns"
        expected.sampledPercent = 25
        expected.itemLifetime = .seconds(5400)
        expected.streamLifetime = .seconds(10)
        expected.duplicateWindow = .milliseconds(1500)
        expected.detectsDuplicates = true
        expected.isRawCaptureEnabled = false
        expected.rawCaptureByteLimit = 2 << 30
        expected.isScriptEditingDisabled = true
        expected.environmentSources = [
            EnvironmentSource(secretName: "a"), EnvironmentSource(secretName: "b", prefix: "B_", isOptional: true),
        ]
        #expect(problems == [])
        #expect(keys == expected)
    }

    @Test("8.2#13: the keys of the packet files are those that charts set, with their prefix")
    func dumpKeys() {
        var keys = ConfigurationKeys()
        var problems = keys.update(from: ["TIME_INTERVAL": "1s", "MAX_TIME": "2s", "MAX_SIZE": "3"])
        #expect(problems == [])
        #expect(keys == ConfigurationKeys())
        problems = keys.update(from: [
            "PCAP_DUMP_ENABLE": "true", "PCAP_TIME_INTERVAL": "30s", "PCAP_MAX_TIME": "2h", "PCAP_MAX_SIZE": "1Gi",
        ])
        var expected = ConfigurationKeys()
        expected.isDumpEnabled = true
        expected.dumpFileInterval = .seconds(30)
        expected.dumpLifetime = .seconds(7200)
        expected.dumpByteLimit = 1 << 30
        #expect(problems == [])
        #expect(keys == expected)
    }

    @Test("missing and empty keys have their defaults, also after they had others")
    func defaults() {
        var keys = ConfigurationKeys()
        _ = keys.update(from: ["POD_REGEX": "a", "NAMESPACES": "b", "JSON_TTL": "1s"])
        let problems = keys.update(from: ["POD_REGEX": "", "UNKNOWN": "x"])
        #expect(problems == [])
        #expect(keys == ConfigurationKeys())
    }

    @Test(
        "an invalid value keeps the previous one and says so",
        arguments: [
            ("POD_REGEX", "a", "(", #"POD_REGEX wants a regular expression, not "("; the value before stays in force"#),
            (
                "STOPPED", "true", "yes",
                #"STOPPED wants true or false, not "yes"; the value before stays in force"#
            ),
            (
                "JSON_TTL", "7s", "7",
                #"JSON_TTL wants a duration such as 300ms or 1h30m, not "7"; the value before stays in force"#
            ),
            (
                "PCAP_TTL", "7s", "-7s",
                #"PCAP_TTL wants a duration such as 300ms or 1h30m, not "-7s"; the value before stays in force"#
            ),
            (
                "TRAFFIC_SAMPLE_RATE", "5", "101",
                #"TRAFFIC_SAMPLE_RATE wants a number from 0 to 100, not "101"; the value before stays in force"#
            ),
            (
                "PORT_MAPPING", #"{"a":[1]}"#, #"{"a":[70000]}"#,
                #"PORT_MAPPING wants JSON such as {"http": [80, 8080]}, not "{"a":[70000]}"; the value before stays in force"#
            ),
            (
                "SCRIPTING_ENV_FROM", #"["a"]"#, "[{}]",
                #"SCRIPTING_ENV_FROM wants JSON such as [{"secretRef": {"name": "aws"}}], not "[{}]"; the value before stays in force"#
            ),
        ])
    func invalid(key: String, good: String, bad: String, message: String) {
        var keys = ConfigurationKeys()
        let goodProblems = keys.update(from: [key: good])
        let before = keys
        let badProblems = keys.update(from: [key: bad])
        #expect(goodProblems == [])
        #expect(badProblems.map(\.description) == [message])
        #expect(keys == before)
        #expect(keys != ConfigurationKeys())
    }

    @Test(
        "durations are those of Go",
        arguments: [
            ("300ms", 300.0), ("1h30m", 5_400_000), ("0", 0), ("-1.5s", -1500), (".5s", 500), ("1us", 0.001),
            ("2m0.5s", 120_500), ("+1µs", 0.001),
        ])
    func durations(text: String, milliseconds: Double) {
        #expect(GoDuration.parse(text) == .milliseconds(milliseconds))
    }

    @Test(
        "what is no duration of Go is none", arguments: ["", "1", "s", "1x", "1s ", "1..2s", "-", "300y", "9e9h", "."])
    func noDurations(text: String) { #expect(GoDuration.parse(text) == nil) }

    @Test(
        "sizes are read with powers of 1000 and of 1024",
        arguments: [
            ("500MB", 500_000_000 as Int64?), ("1Gi", 1 << 30), ("12", 12), ("1.5 KiB", 1536), ("x", nil), ("", nil),
        ])
    func sizes(text: String, bytes: Int64?) { #expect(ByteSize.parse(text) == bytes) }
}
