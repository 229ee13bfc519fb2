package import Integrations
internal import Metrics
package import ScriptRuntime

/// The helpers of one process, ready to be handed to its script engine.
///
/// ```swift
/// let helpers = try ScriptHelpers(context)
/// configuration.helpers += helpers.functions          // what others register (`pcap.snapshot`, …) comes first
/// configuration.preludes += helpers.preludes
/// let engine = ScriptEngine(configuration, sink: sink) // the sink hands every event on to `helpers.observe`
/// ```
///
/// Helpers of other modules that the preludes build on, if they are registered: `pcap.snapshot`, `pcap.path`,
/// `pcap.nameResolutionHistory`.
package final class ScriptHelpers: Sendable {
    package let context: HelperContext
    /// The fenced folder, for other modules' helpers that read or write files for scripts.
    package let dataFolder: DataFolder
    package let http: HTTPClient
    /// What `later` variants put off.
    package let outbox: Outbox

    /// Starts what the helpers need: two transports' threads, the data folder.
    package init(_ context: HelperContext) throws {
        self.context = context
        dataFolder = try DataFolder(context.dataFolder, quota: context.dataQuota)
        http = try HTTPClient(settings: context.settings, metrics: IntegrationMetrics(context.metrics))
        outbox = Outbox(context.outbox, metrics: context.metrics)
    }

    /// All functions, for `ScriptEngineConfiguration.helpers`.
    package var functions: [HostFunction] { groups.flatMap { $0 }.flatMap { $0.hostFunctions(outbox) } }

    /// JavaScript that builds on the functions, for `ScriptEngineConfiguration.preludes`.
    package var preludes: [ScriptPrelude] { HelperPreludes.all(context) }

    private var groups: [[Helper]] {
        let aws = AWSClient(http)
        return [
            UtilityHelpers.all(context), KFLHelpers.all(), AggregationHelpers.all(context),
            MetricHelpers.all(context.metrics), HubHelpers.all(context), FileHelpers.all(dataFolder),
            WebhookHelpers.all(http), InfluxDBHelpers.all(http),
            SlackHelpers.all(http, dataFolder), ElasticHelpers.all(http), KinesisHelpers.all(aws),
            StorageHelpers(context, dataFolder, http, aws).all, OTLPHelpers.all(http), ChatHelpers.all(http),
        ]
    }

    /// Takes note of what happens to scripts: the series of one that is gone go too.
    package func observe(_ event: ScriptEvent) {
        switch event {
        case .unloaded(let script), .quarantined(let script, _): context.metrics.remove(.script(script.index))
        default: break
        }
    }

    /// Ends requests in progress and gives up what waits in the outbox.
    package func shutDown() {
        outbox.close()
        http.shutDown()
    }
}
