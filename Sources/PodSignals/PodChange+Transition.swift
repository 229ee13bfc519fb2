package import Timestamps

/// By what a change of a pod is known again, whoever tells of it and under whatever version of the pod.
///
/// Hubs that follow each other need not meet a change in the same version: a watch that was refused begins with a list, a
/// slow one merges versions, and the watches of pods and Events are not in step. What happened is the same all the same.
package struct PodTransition: Sendable, Hashable {
    /// What happened, to which container, in which run of it; the pod is not in it. An end of a run is one whatever kind
    /// it is taken for.
    package let key: String
    /// It may happen again under the same key: then only its moment tells one from the next, and moments from different
    /// sources differ.
    package let recurs: Bool
    /// When it happened, as far as the API tells.
    package let moment: Timestamp?
}

extension PodChange {
    /// By what it is known again.
    package var transition: PodTransition {
        let recurs =
            switch kind {
            case .crashLoop, .startFailed, .livenessFailing, .readinessLost: container != nil
            // Of the node: it may recover.
            case .nodeLost, .oomRisk: true
            default: false
            }
        let name = container ?? ""
        let key =
            if recurs {
                "\(kind.rawValue)/\(name)"
            } else {
                "\(exitCode == nil ? kind.rawValue : "end")/\(name)/\(containerID)"
            }
        return PodTransition(key: key, recurs: recurs, moment: occurred)
    }
}
