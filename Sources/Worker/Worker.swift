internal import Dissection
internal import FilterLanguage
internal import Glibc
internal import HTTPServer
internal import Integrations
internal import JSON
package import Metrics
package import PacketCapture
internal import ScriptHelpers
internal import ScriptRuntime
package import ScriptTraffic
internal import Threading

/// The capture worker: packets into the ring, out of it to scripts, and into files.
///
/// ```
/// interfaces ─▶ capture thread ─▶ ring ─▶ dissecting thread ─▶ WorkerScripts ◀─ a folder, or the hub
///                                  └────▶ snapshots, files of streams
/// ```
/// Capturing waits for nobody. What a script, a disk or the dissector cannot keep up with is lost where it is lost, and
/// counted there (docs/capture.md).
package final class Worker: Sendable {
    /// What it was made with.
    package let configuration: WorkerConfiguration
    /// The scripts, for whoever feeds them.
    package let scripts: WorkerScripts
    /// Who has which address, for whoever knows pods.
    package let names: PeerNames
    /// Which pods scripts hear and see of.
    let targets: WorkerTargets
    /// The figures of the worker and of its scripts.
    package let metrics = MetricRegistry()
    /// The packets, for scripts.
    package let archive: PacketArchive
    /// Snapshots for people.
    package let snapshots: SnapshotStore
    /// The ring.
    package var ring: SegmentRing { archive.ring }

    private let traffic: LiveTraffic?
    private let replay: FileTraffic?
    private let receiver: WorkerReceiver
    private let settings: Locked<TrafficSettings>
    private let events: WorkerEvents
    /// What `kfl` of scripts knows.
    private let filters = FilterCache()
    private let boundPort = Locked<Int?>(nil)
    private let started = ContinuousClock.now

    /// How long scripts may go on with what they have when the worker ends.
    private static let endingGrace: Duration = .seconds(2)

    /// Opens everything: the ring, the interfaces.
    ///
    /// - Parameters:
    ///   - link: what scripts reach of the hub; without one, `hub.action` goes nowhere, and says so.
    ///   - events: hears what scripts print, and the worker's log.
    package init(
        _ configuration: WorkerConfiguration, link: (any HubLink)? = nil, events: WorkerEvents
    ) throws(WorkerError) {
        self.configuration = configuration
        self.events = events
        names = PeerNames()
        targets = WorkerTargets(names)
        targets.take(configuration.keys)
        var settings = TrafficSettings()
        for problem in settings.apply(configuration.keys, checkFilter: { _ = try CaptureFilter($0) }) {
            events.log(.warning, "Configuration", [("problem", problem)])
        }
        self.settings = Locked(settings)
        var scene = ItemScene()
        scene.worker = configuration.address
        scene.nodeName = configuration.node
        scene.nodeAddress = configuration.address
        scene.resolver = names
        do {
            for folder in ["", "/files", "/snapshots"] { try Self.makeFolder(configuration.folder + folder) }
            let left = LeftBehind(folder: configuration.folder, ring: configuration.ringFile)
            if let kept = try left.keep(before: configuration.ring) {
                events.log(.info, "Kept what a ring of another size had", [("snapshot", kept)])
            }
            let ring = try SegmentRing(path: configuration.ringFile, settings: configuration.ring)
            let index = StreamIndex(ring)
            archive = try PacketArchive(
                ring: ring, index: index, names: names,
                folder: DataFolder(configuration.folder + "/files", quota: configuration.dataQuota),
                dissection: settings.dissection)
            snapshots = SnapshotStore(
                try PacketArchive(
                    ring: ring, index: index, names: names,
                    folder: DataFolder(configuration.folder + "/snapshots", quota: configuration.snapshotQuota),
                    dissection: settings.dissection))
            var capture = configuration.capture
            capture.filter = settings.captureFilter(own: configuration.ownFilter)
            traffic =
                configuration.interfaces.isEmpty
                ? nil
                : try LiveTraffic(
                    interfaces: configuration.interfaces, capture: capture, ring: ring, index: index, scene: scene,
                    dissection: settings.dissection, limits: configuration.flows, targets: targets)
        } catch {
            throw WorkerError("\(error)")
        }
        replay =
            configuration.files.isEmpty
            ? nil
            : FileTraffic(
                configuration.files, archive: archive, scene: scene, limits: configuration.flows, targets: targets)
        let sink = WorkerSink(events)
        scripts = Self.scripts(configuration, archive, metrics, link, sink, filters)
        receiver = WorkerReceiver(scripts)
        takeOver(settings)
        sink.hear { [weak scripts] in scripts?.observe($0) }
    }

    private static func makeFolder(_ path: String) throws(WorkerError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw WorkerError("cannot make the folder \(path): \(String(cString: strerror(errno)))")
        }
    }

    private static func scripts(
        _ configuration: WorkerConfiguration, _ archive: PacketArchive, _ metrics: MetricRegistry,
        _ link: (any HubLink)?, _ sink: WorkerSink, _ filters: FilterCache
    ) -> WorkerScripts {
        var base = configuration.engine
        base.environment = configuration.environment
        base.helpers =
            WorkerHelpers.all(node: configuration.node, worker: configuration.name, link: link)
            + CaptureHelpers.all { archive } + base.helpers
        var context = HelperContext(
            role: .worker, nodeName: configuration.node, workerName: configuration.name,
            address: configuration.address, dataFolder: configuration.folder + "/files",
            environment: configuration.environment,
            settings: .current(scriptEnvironment: configuration.environment), metrics: metrics)
        context.dataQuota = configuration.dataQuota
        return WorkerScripts(base, context: context, sink: sink, filters: filters)
    }

    // MARK: Running

    /// Captures, and runs the scripts of the feed, until the task is cancelled; then scripts finish what they have.
    ///
    /// Packets are captured from the beginning, also while there are no scripts yet.
    package func run(_ feed: any WorkerScriptFeed) async throws {
        let server = try await listen()
        for problem in [scripts.helperProblem].compactMap({ $0 }) {
            events.log(.error, "Helpers are missing: scripts have no vendor and no file", [("err", problem)])
        }
        keepCrash()
        let result = await withTaskGroup(of: Result<Void, any Error>.self) { group in
            group.addTask { await Self.result { try await feed.run(self.scripts) } }
            group.addTask { await Self.result { try await self.capture() } }
            group.addTask {
                await self.watchFailures()
                return .success(())
            }
            var result = Result<Void, any Error>.success(())
            for await part in group {
                guard case .failure(let error) = part, !(error is CancellationError) else { continue }
                result = .failure(error)
                group.cancelAll()
            }
            return result
        }
        await end(server)
        try result.get()
    }

    private static func result(_ body: () async throws -> Void) async -> Result<Void, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    private func capture() async throws {
        if let traffic {
            events.log(
                .info, "Captures",
                [
                    ("interfaces", traffic.interfaces.map(\.name).joined(separator: ",")),
                    ("ring", configuration.ringFile), ("megabytes", "\(ring.settings.byteCount >> 20)"),
                ])
            try await withTaskCancellationHandler {
                try await traffic.run(into: receiver)
            } onCancel: {
                traffic.stop()
            }
        }
        if let replay {
            // Scripts that come later would find that all is over.
            while !scripts.isReady { try await Task.sleep(for: .milliseconds(5)) }
            let scripts = scripts
            try await replay.run(into: receiver, settings: settings.withLock { $0.dissection }) {
                await scripts.engine.untilIdle()
            } report: { [events] in
                events.log(.warning, "Capture file", [("problem", $0)])
            }
            events.log(.info, "All files are read", [])
        }
    }

    /// What a worker before this one has left in the ring when it was killed, as a snapshot of its own.
    private func keepCrash() {
        guard let recovery = ring.recovery, recovery.packets > 0 else { return }
        events.log(
            .info, recovery.wasClosed ? "Goes on with the ring" : "Goes on with the ring of a worker that was killed",
            [("packets", "\(recovery.packets)")])
        guard !recovery.wasClosed, let last = recovery.lastTime else { return }
        let (snapshots, events) = (snapshots, events)
        // Beside capturing: what is copied is kept from being overwritten meanwhile.
        Task.detached {
            do {
                let snapshot = try snapshots.takeCrash(before: last)
                events.log(.info, "Kept what was captured before", [("snapshot", snapshot.name)])
            } catch {
                events.log(.error, "What was captured before could not be kept", [("err", "\(error)")])
            }
        }
    }

    /// Tells the log of interfaces that are lost.
    private func watchFailures() async {
        guard let traffic else { return }
        var wasOpen = traffic.isOpen
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let isOpen = traffic.isOpen
            for (index, interface) in traffic.interfaces.enumerated() where isOpen[index] != wasOpen[index] {
                let why = traffic.failures.last.map { [("err", "\($0)")] } ?? []
                events.log(
                    isOpen[index] ? .info : .warning, isOpen[index] ? "Interface is back" : "Interface is lost",
                    [("interface", interface.name)] + (isOpen[index] ? [] : why))
            }
            wasOpen = isOpen
        }
    }

    private func end(_ server: HTTPServer?) async {
        // In a task of its own: the grace counts also when this one was cancelled.
        await Task.detached { [self] in
            let engine = scripts.engine
            await withTaskGroup { group in
                group.addTask { await engine.untilIdle() }
                group.addTask { try? await Task.sleep(for: Self.endingGrace) }
                await group.next()
                group.cancelAll()
                // Ending the scripts also ends the wait for one that is still busy.
                await scripts.shutdown()
            }
            await server?.shutdown()
        }.value
    }

    // MARK: The local API

    /// The port that the API listens on, once it does.
    package var port: Int? { boundPort.withLock { $0 } }

    private func listen() async throws -> HTTPServer? {
        guard let (host, port) = configuration.listen else { return nil }
        let api = WorkerAPI(worker: self)
        let server = try await HTTPServer.start(host: host, port: port) { await api.answer($0) }
        boundPort.withLock { $0 = server.port }
        WorkerAddress.write(server.url, in: configuration.folder)
        events.log(.info, "API listens", [("url", server.url)])
        return server
    }

    // MARK: Settings

    /// What is captured and dissected now.
    package var trafficSettings: TrafficSettings { settings.withLock { $0 } }

    /// Takes keys of the config map, by their names there, while packets go on; those that do not concern capture are
    /// passed over, those that are not named stay. Returns what is wrong; a wrong value leaves the one before in force.
    @discardableResult
    package func apply(_ keys: [String: String]) -> [String] {
        let traffic = traffic
        let own = configuration.ownFilter
        let (problems, latest) = settings.withLock { settings in
            let before = settings.captureFilter(own: own)
            var problems = settings.apply(keys) { text in
                if let traffic { try traffic.checkFilter(text) } else { _ = try CaptureFilter(text) }
            }
            let filter = settings.captureFilter(own: own)
            if let traffic, filter != before {
                do { try traffic.setFilter(filter) } catch { problems.append("\(error)") }
            }
            return (problems, settings)
        }
        takeOver(latest)
        traffic?.change(latest.dissection)
        for problem in problems { events.log(.warning, "Configuration", [("problem", problem)]) }
        return problems
    }

    private func takeOver(_ settings: TrafficSettings) {
        receiver.allowItems(settings.makesItems)
        receiver.change(settings.terms)
        filters.setMacros(settings.terms.macros)
        archive.setMacros(settings.terms.macros)
        snapshots.setMacros(settings.terms.macros)
        do {
            try archive.keepStreamFiles(for: settings.streamFilesKept)
        } catch {
            events.log(.warning, "Files of streams", [("err", "\(error)")])
        }
    }

    // MARK: Status

    /// How it does.
    package var status: WorkerStatus {
        WorkerStatus(
            interfaces: zip(traffic?.interfaces ?? [], zip(traffic?.statistics ?? [], traffic?.isOpen ?? [])).map {
                WorkerStatus.Interface(name: $0.name, statistics: $1.0, isOpen: $1.1)
            }, ring: ring.statistics, traffic: traffic?.counters ?? replay?.counters ?? .init(),
            items: traffic?.items ?? replay?.items ?? .init(), scripts: scripts.outcomes,
            statuses: scripts.engine.statuses, isReady: scripts.isReady,
            isInForce: traffic?.isInForce(for: receiver) ?? true, names: names.counts,
            running: ContinuousClock.now - started)
    }
}
