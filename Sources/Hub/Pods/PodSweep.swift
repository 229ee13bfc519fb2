internal import JSON
internal import KubernetesClient
internal import PodSignals
internal import ScriptRuntime

/// Tells scripts of every pod that exists, page by page, each once scripts are done with the one before: the memory is
/// that of a page.
struct PodSweep: Sendable {
    let client: KubernetesClient
    let namespace: String?
    let scripts: ScriptHost

    /// 250 pods are about 2 MB, and as much once more without their `managedFields`.
    private static let pageSize = 250

    /// Pods as of `exactly`, or of the present where the server has forgotten that. Returns how many, and the version.
    func run(exactly: ResourceVersion?, mayAct: @Sendable () -> Bool) async -> (count: Int, version: UInt64?) {
        guard scripts.hooks.contains(.podEvent) else { return (0, nil) }
        var count = 0
        var version: ResourceVersion?
        var exactly = exactly
        var token: String?
        while !Task.isCancelled {
            do {
                let page = try await client.page(
                    Pod.self, Selection(namespace: namespace), limit: Self.pageSize, exactly: exactly,
                    continueToken: token)
                version = page.version
                // One that lost its lease meanwhile tells nothing; its successor begins anew.
                guard mayAct() else { return (count, version.flatMap { UInt64($0.text) }) }
                for item in page.items { tell(item) }
                count += page.items.count
                token = page.continueToken
                if token == nil { break }
                _ = await scripts.untilIdle(limit: .seconds(10))
            } catch let error as APIError where error.status.map({ $0.isExpired || $0.code == 400 }) == true {
                if exactly == nil, token == nil { break }
                exactly = nil
                token = nil
            } catch {
                try? await Task.sleep(for: .seconds(1))
            }
        }
        return (count, version.flatMap { UInt64($0.text) })
    }

    private func tell(_ item: RawObject<Pod>) {
        guard let json = item.raw.withUnsafeBytes({ PodJSON.stripped($0) }) else { return }
        let change = PodSignals.lasting(item.object)
        scripts.deliver(.podEvent("ADDED", pod: json, change: change.map { $0.json.encoded() }))
    }
}
