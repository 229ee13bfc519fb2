package import Metrics

/// Figures of every integration, on the process's metrics page.
package struct IntegrationMetrics: Sendable {
    private let registry: MetricRegistry

    package init(_ registry: MetricRegistry) { self.registry = registry }

    func began(_ service: String) { inFlight(service, 1) }

    func ended(_ service: String, status: Int, after duration: Duration) {
        ended(service, result: "\(status / 100)xx", after: duration)
    }

    func ended(_ service: String, code: IntegrationError.Code, after duration: Duration) {
        ended(service, result: code.rawValue.lowercased(), after: duration)
    }

    func repeated(_ service: String) {
        registry.add(
            1,
            to: Metric(
                "remora_integration_retries_total", "Requests that were made again.", kind: .counter,
                labels: [("integration", service)]))
    }

    private func ended(_ service: String, result: String, after duration: Duration) {
        inFlight(service, -1)
        registry.add(
            1,
            to: Metric(
                "remora_integration_requests_total", "Requests of scripts' helpers by what came of them.",
                kind: .counter, labels: [("integration", service), ("result", result)]))
        let (seconds, attoseconds) = duration.components
        registry.add(
            Double(seconds) + Double(attoseconds) * 1e-18,
            to: Metric(
                "remora_integration_seconds_total", "Time that requests of scripts' helpers took, waits included.",
                kind: .counter, labels: [("integration", service)]))
    }

    private func inFlight(_ service: String, _ change: Double) {
        registry.add(
            change,
            to: Metric(
                "remora_integration_in_flight", "Requests of scripts' helpers that wait for an answer.", kind: .gauge,
                labels: [("integration", service)]))
    }
}
