// swift-tools-version: 6.2
import PackageDescription

// MemberImportVisibility stays off: C modules include libc headers textually, so that types such as `timespec`
// belong to whichever C module was loaded first, and builds would fail depending on file order.
let swift6: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swift6)
}

/// A module that only tests use; it lives below `Tests/Support`.
func testSupport(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/Support/\(name)", swiftSettings: swift6)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies, exclude: exclude,
        swiftSettings: swift6)
}

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let ordered: Target.Dependency = .product(name: "OrderedCollections", package: "swift-collections")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
    name: "remora",
    products: [
        .executable(name: "remora", targets: ["remora"]),
        .library(name: "CurlTransport", targets: ["CurlTransport"]),
        .library(
            name: "KubernetesClient", targets: ["KubernetesConfiguration", "KubernetesClient", "JSON", "Timestamps"]),
        .library(name: "KubernetesSimulator", targets: ["KubernetesSimulator", "JSON", "Timestamps"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        // C libraries and shims
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CJavaScriptCore", pkgConfig: "javascriptcoregtk-4.1",
            providers: [.apt(["libjavascriptcoregtk-4.1-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSSL", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
        .systemLibrary(name: "CPacketSocket"),
        .systemLibrary(name: "CBrotli", pkgConfig: "libbrotlidec", providers: [.apt(["libbrotli-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CThreads"),

        // Foundations: each knows only what stands above it in this list
        module("Threading", ["CThreads"]),
        module("Timestamps"),
        module("JSON", [ordered]),
        module("YAML", ["CYAML", "JSON"]),
        module("Digests", ["CCrypto"]),
        module("Settings", ["YAML", "JSON", ordered]),

        // The Kubernetes client
        module("CurlTransport", ["CCurl", "Threading", deque]),
        module("KubernetesConfiguration", ["CurlTransport", "Threading", "Timestamps", "JSON", "YAML", subprocess]),
        module(
            "KubernetesClient",
            ["KubernetesConfiguration", "CurlTransport", "Threading", "Timestamps", "JSON", ordered]),

        // What a change of a pod means
        module("PodSignals", ["KubernetesClient", "Timestamps", "JSON", ordered]),

        module("LeaderElection", ["KubernetesClient", "Threading", "Timestamps"]),

        // Users' scripts
        module("ScriptFolder", ["Threading"]),
        module("ScriptRuntime", ["CJavaScriptCore", "Threading", "Timestamps", "JSON", deque, ordered]),

        // Filters
        module("FilterLanguage", ["CPCRE2", "CExpat", "JSON", "Threading", "Timestamps", "YAML", ordered]),

        // What scripts call out to
        module("Metrics", ["Threading", ordered]),
        module(
            "Integrations",
            ["CurlTransport", "Metrics", "Threading", "Timestamps", "JSON", "YAML", crypto, cryptoExtras, ordered]),
        module(
            "ScriptHelpers",
            [
                "ScriptRuntime", "FilterLanguage", "Integrations", "CurlTransport", "Metrics", "Threading",
                "Timestamps",
                "JSON", "YAML", "CZlib", ordered, deque,
            ]),

        // Scripts in the cluster
        module(
            "ScriptStore",
            [
                "CZlib", "KubernetesClient", "ScriptFolder", "Digests", "Threading", "Timestamps", "JSON", "YAML",
                ordered,
            ]),
        // Packets
        module("PacketCapture", ["CPcap", "CPacketSocket", "Threading"]),
        module(
            "Dissection",
            ["PacketCapture", "FilterLanguage", "CZlib", "CBrotli", "CZstd", "JSON", "Timestamps", deque]),
        // Traffic and scripts
        module(
            "ScriptTraffic",
            [
                "Dissection", "PacketCapture", "FilterLanguage", "ScriptHelpers", "ScriptRuntime", "Threading",
                "Timestamps", "JSON",
            ]),
        module("ScriptViews", ["ScriptRuntime"]),
        module("ScriptCheck", ["ScriptRuntime", "JSON"]),
        module(
            "LocalRun",
            [
                "ScriptRuntime", "ScriptFolder", "ScriptViews", "ScriptCheck", "ScriptTraffic", "FilterLanguage",
                "PacketCapture",
                "Dissection", "PodSignals", "KubernetesClient", "ScriptHelpers", "Integrations", "Threading",
                "Timestamps", "JSON",
                "YAML",
            ]),

        // An API server in memory
        module("HTTPServer", ["Threading", nioCore, nioPosix, nioHTTP1]),
        module("ServerTLS", ["HTTPServer", "CSSL", "Threading", nioCore]),
        module("KubernetesSimulator", ["HTTPServer", "JSON", "YAML", "Threading", deque, ordered, "Timestamps"]),

        // The hub and its workers
        module("Fleet", ["HTTPServer", "CurlTransport", "Digests", "Threading", "Timestamps", "JSON", deque, ordered]),
        module(
            "Hub",
            [
                "Fleet", "ScriptStore", "ScriptRuntime", "ScriptViews", "ScriptHelpers", "Integrations", "Metrics",
                "PodSignals", "Digests",
                "LeaderElection", "KubernetesClient",
                "CurlTransport", "HTTPServer", "ServerTLS", "Threading", "Timestamps", "JSON", deque, ordered,
            ]),

        // The capture worker
        module(
            "Worker",
            [
                "Fleet", "ScriptTraffic", "ScriptFolder", "ScriptViews", "ScriptHelpers", "ScriptRuntime",
                "Integrations",
                "Dissection", "PacketCapture", "FilterLanguage", "Metrics", "HTTPServer", "Threading", "Timestamps",
                "JSON",
            ]),

        // The command line
        module(
            "RemoraCLI",
            [
                "Fleet", "Hub", "ServerTLS", "Worker", "LocalRun", "ScriptCheck", "ScriptFolder", "ScriptRuntime",
                "ScriptStore",
                "ScriptHelpers",
                "Settings", "Digests", "ScriptTraffic", "Dissection", "PacketCapture",
                "Integrations", "Metrics", "FilterLanguage", "KubernetesClient", "KubernetesConfiguration",
                "KubernetesSimulator", "CurlTransport", "Threading", "Timestamps", "JSON", argumentParser,
            ]),
        .executableTarget(name: "remora", dependencies: ["RemoraCLI"], swiftSettings: swift6),

        // Tests
        .target(name: "CFrameSender", path: "Tests/Support/CFrameSender"),
        .executableTarget(
            name: "capture-probe", dependencies: ["PacketCapture", "CFrameSender"], path: "Tests/Support/CaptureProbe",
            swiftSettings: swift6),
        testSupport("FaultProxy", [nioCore, nioPosix]),
        testSupport("HTTPProbe", ["Threading", nioCore, nioPosix]),
        testSupport("InformerOracle", ["KubernetesClient", "Threading"]),
        testSupport("ProcessInput", [subprocess]),
        testSupport("RemoraProgram", [subprocess]),
        testSupport("RecordedTraffic"),
        testSupport(
            "TrafficFuzzing", ["Dissection", "FilterLanguage", "PacketCapture", "JSON", "RecordedTraffic"]),
        testSupport("RealCluster", ["ProcessInput", subprocess]),
        testSupport("RecordingServer", ["HTTPServer", "ProcessInput", "Threading", subprocess]),
        testSupport("HTTPTraffic"),
        testSupport("TestNetwork", ["CPacketSocket", "Threading", subprocess]),
        testSupport("ScriptSoak", ["ScriptRuntime", "Threading"]),
        tests(of: "ProcessInput", [subprocess]),
        tests(of: "Threading"),
        tests(of: "Timestamps"),
        tests(of: "JSON"),
        tests(of: "Metrics"),
        tests(
            of: "Integrations",
            [
                "CurlTransport", "Metrics", "RecordingServer", "JSON", "YAML", "Threading", "Timestamps", crypto,
                subprocess,
            ]),
        tests(
            of: "ScriptHelpers",
            [
                "ScriptRuntime", "Integrations", "CurlTransport", "Metrics", "RecordingServer", "JSON", "YAML",
                "Threading",
                subprocess,
            ]),
        tests(of: "YAML", ["JSON"]),
        tests(of: "Digests"),
        tests(of: "Settings", ["JSON"]),
        tests(of: "CurlTransport", ["HTTPServer", "FaultProxy", "Threading", subprocess]),
        tests(of: "KubernetesConfiguration", ["YAML", "JSON", "CurlTransport", "Timestamps"]),
        tests(
            of: "KubernetesClient",
            [
                "KubernetesSimulator", "KubernetesConfiguration", "CurlTransport", "FaultProxy", "InformerOracle",
                "JSON", "Timestamps",
            ]),
        tests(
            of: "PodSignals", ["Fleet", "KubernetesClient", "Timestamps", "JSON", ordered],
            exclude: ["Recorded", "record-sequences"]),
        tests(of: "LeaderElection", ["KubernetesClient", "Timestamps"]),
        tests(
            of: "Hub",
            [
                "Fleet", "PodSignals", "KubernetesSimulator", "KubernetesClient", "KubernetesConfiguration",
                "LeaderElection",
                "ScriptRuntime", "ServerTLS", "CurlTransport", "ProcessInput", "JSON", "Threading", "Timestamps",
                subprocess,
            ]),
        tests(
            of: "Fleet",
            ["HTTPServer", "HTTPProbe", "CurlTransport", "FaultProxy", "JSON", "Threading", "Timestamps"]),
        tests(of: "HTTPServer", ["HTTPProbe", "Threading"]),
        tests(of: "ServerTLS", ["HTTPServer", "CurlTransport", "ProcessInput", "Threading", subprocess]),
        tests(
            of: "KubernetesSimulator", ["Timestamps", "HTTPProbe", "ProcessInput", "JSON", "Threading", subprocess]),
        tests(
            of: "RemoraCLI",
            [
                "Fleet", "Hub", "KubernetesClient", "KubernetesSimulator", "HTTPTraffic", "RecordedTraffic",
                "TestNetwork", "JSON", "RemoraProgram", "Timestamps", argumentParser, subprocess,
            ]),
        tests(of: "FaultProxy", ["Threading", nioCore]),
        tests(
            of: "RealCluster",
            [
                "RemoraProgram", "RecordingServer", "Hub", "ScriptRuntime", "KubernetesClient",
                "KubernetesConfiguration", "ServerTLS", "CurlTransport", "FaultProxy", "HTTPTraffic", "InformerOracle",
                "JSON", "Threading", "Timestamps", subprocess,
            ]),
        tests(of: "ScriptFolder", ["Threading"]),
        tests(
            of: "Dissection",
            ["PacketCapture", "FilterLanguage", "RecordedTraffic", "HTTPTraffic", "TrafficFuzzing", "JSON"]),
        tests(
            of: "ScriptStore",
            [
                "KubernetesClient", "KubernetesConfiguration", "KubernetesSimulator", "ScriptFolder", "Digests",
                "Threading", "JSON", "YAML", ordered,
            ]),
        tests(of: "FilterLanguage", ["JSON", "Timestamps"]),
        tests(
            of: "ScriptTraffic",
            [
                "PacketCapture", "Dissection", "ScriptRuntime", "ScriptHelpers", "HTTPTraffic", "JSON", subprocess,
            ]),
        tests(
            of: "Worker",
            [
                "Fleet", "HTTPTraffic", "TestNetwork", "ScriptTraffic", "PacketCapture", "Dissection", "ScriptRuntime",
                "ScriptFolder", "CurlTransport",
                "JSON", "Threading", "capture-probe", subprocess,
            ]),
        tests(of: "PacketCapture", ["JSON", "TestNetwork", "Threading", "capture-probe", subprocess]),
        tests(of: "ScriptCheck", ["ScriptRuntime"]),
        tests(of: "LocalRun", ["ScriptRuntime", "ScriptFolder", "JSON", "Threading"]),
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "LocalRun", "RemoraCLI", "ScriptCheck", "ScriptRuntime", "ScriptFolder", "HTTPServer", "JSON",
                "Threading",
                "RemoraProgram", subprocess,
            ],
            exclude: ["Recordings"], swiftSettings: swift6),
        tests(of: "ScriptViews", ["ScriptRuntime", "JSON", "Threading"]),
        tests(of: "ScriptRuntime", ["CJavaScriptCore", "ScriptSoak", "JSON", "Threading"]),
    ]
)

// What `Benchmarks/engine/run` and `Benchmarks/soak` build.
if Context.environment["REMORA_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "EngineBenchmark", dependencies: ["ScriptRuntime", "ScriptSoak", "Threading"],
            path: "Benchmarks/engine/EngineBenchmark", swiftSettings: swift6))
}

// What `Fuzz/run` builds: programs without a main function, which libFuzzer brings along.
if Context.environment["REMORA_FUZZ"] != nil {
    func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
        .executableTarget(
            name: name, dependencies: dependencies, path: "Fuzz/\(name)",
            swiftSettings: swift6 + [.unsafeFlags(["-parse-as-library"])])
    }
    package.targets += [
        fuzzer("FuzzJSON", ["JSON"]),
        fuzzer("FuzzWatch", ["KubernetesClient", "JSON"]),
        fuzzer("FuzzTraffic", ["TrafficFuzzing"]),
        .executableTarget(
            name: "TrafficFuzzer", dependencies: ["TrafficFuzzing"], path: "Fuzz/TrafficFuzzer", swiftSettings: swift6),
    ]
}

// What `Benchmarks/dissection/run` measures.
if Context.environment["REMORA_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "DissectionBenchmark", dependencies: ["Dissection", "PacketCapture"],
            path: "Benchmarks/dissection/DissectionBenchmark", swiftSettings: swift6))
}

// Working on a few modules: `REMORA_ONLY=YAML,JSON swift test` builds these, their tests and what both need.
if let only = Context.environment["REMORA_ONLY"]?.split(separator: ",").map(String.init) {
    let targets = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
    var kept: Set<String> = []
    func keep(_ name: String) {
        guard let target = targets[name], kept.insert(name).inserted else { return }
        for dependency in target.dependencies {
            switch dependency {
            case .targetItem(let name, _), .byNameItem(let name, _): keep(name)
            default: break
            }
        }
    }
    for name in only {
        keep(name)
        keep(name + "Tests")
    }
    package.targets.removeAll { !kept.contains($0.name) }
    package.products.removeAll()
}
