package import Integrations
package import JSON
package import Metrics

/// What the helpers of one process need to know of it.
package struct HelperContext: Sendable {
    /// Which of the two kinds of process this is.
    package enum Role: Sendable, Equatable {
        /// The one hub, whose node name is `hub`.
        case hub
        /// A capture worker, or a stand-alone program.
        case worker
    }

    /// Hub or worker.
    package var role: Role
    /// The Kubernetes node's name; on the hub it is not used.
    package var nodeName: String
    /// What `utils.workerName()` gives: namespace and name of the worker's pod.
    package var workerName: String
    /// The address that stands in the names of uploaded files, `<node>_<ip>/`.
    package var address: String
    /// The folder that `file.*` is fenced into.
    package var dataFolder: String
    /// Bytes that scripts may keep in the data folder.
    package var dataQuota = 1 << 30
    /// The scripts' `env`, the same as `ScriptEngineConfiguration.environment`.
    package var environment: JSONValue
    /// Where integrations go and how; see ``IntegrationSettings/current(scriptEnvironment:)``.
    package var settings: IntegrationSettings
    /// The process's metrics page.
    package var metrics: MetricRegistry
    /// How much ``Outbox`` holds and does at a time.
    package var outbox = OutboxLimits()
    /// Cuts a pod off from the network, given its name and namespace; nil where that is not allowed. Only the hub has it,
    /// and only if the cluster's settings say so.
    package var blockPod: (@Sendable (_ name: String, _ namespace: String) async throws -> Void)?
    /// Tells this run of the process from earlier ones, whose left-over files are found in the data folder.
    package var runID = String(UInt64.random(in: .min ... .max), radix: 36)
    /// Takes one line of `aggregation.*` (JSON, without line break); by default it goes to standard output.
    package var aggregationLine: @Sendable (String) -> Void = StandardOutput.writeLine

    package init(
        role: Role, nodeName: String, workerName: String = "", address: String = "127.0.0.1", dataFolder: String,
        environment: JSONValue = [:], settings: IntegrationSettings, metrics: MetricRegistry = MetricRegistry()
    ) {
        self.role = role
        self.nodeName = nodeName
        self.workerName = workerName
        self.address = address
        self.dataFolder = dataFolder
        self.environment = environment
        self.settings = settings
        self.metrics = metrics
    }

    /// What scripts see as `utils.nodeName()`.
    package var visibleNodeName: String { role == .hub ? "hub" : nodeName }

    /// The folder of this process in buckets, `<node>_<ip>/`.
    package var remoteFolder: String { "\(visibleNodeName)_\(address)/" }
}
