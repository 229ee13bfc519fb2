internal import ArgumentParser
internal import Dissection
internal import FilterLanguage
internal import PacketCapture
internal import Threading

/// `remora dissect`: the items of a capture file, as hooks would get them.
struct DissectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dissect",
        abstract: "Print what was said in a capture: requests with their responses, handshakes, messages.",
        discussion: """
            Reads a capture file (pcap or pcapng), or standard input (-), and prints one item a line, as it is complete:

              remora dissect traffic.pcap
              remora dissect traffic.pcap --output wide --filter 'http and response.status >= 500'
              tcpdump -i any -U -w - | remora dissect - --output wide

            json is the object that onItemCaptured gets, so that 'remora run alert.js --items FILE' can replay it; wide is \
            for people: time, peers, protocol, time to the response, request and response.

            Filters are KFL, as in kfl.match. In a filter limit(5) ends after five items, and \
            redact("request.headers.Cookie") hides values.

            What was read and what was lost on the way is said on standard error.

            Exit status: 0; 1 if the capture is damaged or cut further on (what lies before is printed); 2 if it cannot \
            be read at all, or the command makes no sense.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case json, wide
    }

    @Argument(help: ArgumentHelp("A capture file; - for standard input.", valueName: "file"))
    var path: String

    @Option(name: [.short, .long], help: "json: one object a line, as hooks see them; wide: a line for people.")
    var output = Output.json

    @Option(help: ArgumentHelp("Print only the items that match.", valueName: "kfl"))
    var filter = ""

    @Option(
        help: ArgumentHelp(
            "What to look for, separated by commas, of \(DissectionSettings.known.sorted().joined(separator: ", ")).",
            discussion: "As ENABLED_DISSECTORS; without it, all but connections and single segments.",
            valueName: "names"))
    var dissectors = ""

    @Option(
        help: ArgumentHelp(
            "Which protocols speak on which ports, where the bytes leave a doubt: {\"redis\":[7000]}.",
            valueName: "json"))
    var portMapping = ""

    @Option(help: ArgumentHelp("What items say about the node that they come from.", valueName: "name"))
    var node = "local"

    func run() async throws {
        let terminal = Terminal()
        let settings: DissectionSettings
        let filter: Filter
        do {
            settings = try dissectionSettings()
            filter = try compiledFilter()
        } catch {
            throw complain(error.description, terminal)
        }
        var printer = ItemPrinter(terminal, output, filter, node: node)
        var traffic = TrafficDissector(settings)
        var packets = PacketTotals()
        let isInterrupted = Locked(false)
        let interruption = Interruption { isInterrupted.withLock { $0 = true } }
        defer { withExtendedLifetime(interruption) {} }
        var damage: CaptureFileError?
        do throws(CaptureFileError) {
            var file = try CaptureFile(path: path)
            while !printer.isDone, !isInterrupted.withLock({ $0 }), let batch = try file.next() {
                for packet in batch {
                    packets.note(packet)
                    traffic.process(packet)
                }
                traffic.drain { printer.print($0) }
            }
        } catch {
            guard error.packetsRead > 0 else { throw complain("\(error)", terminal) }
            damage = error
        }
        traffic.finish()
        traffic.drain { printer.print($0) }
        let report = DissectionReport(packets, traffic.flowCounters, traffic.counters, printer.totals)
        for line in report.lines { terminal.say(terminal.styled("# \(line)", .faint, for: .error)) }
        if let damage {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(damage)")
            throw ExitCode.failure
        }
    }

    private func complain(_ text: String, _ terminal: Terminal) -> ExitCode {
        terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(text)")
        return ExitCode(Remora.usageStatus)
    }

    private func dissectionSettings() throws(Refusal) -> DissectionSettings {
        var settings = DissectionSettings()
        let unknown = settings.setEnabled(dissectors)
        guard unknown.isEmpty else {
            throw Refusal(
                "--dissectors: \(unknown.joined(separator: ", ")) is unknown: there are "
                    + DissectionSettings.known.sorted().joined(separator: ", "))
        }
        do {
            try settings.setPortMapping(portMapping)
        } catch {
            throw Refusal("--port-mapping: \(error)")
        }
        return settings
    }

    private func compiledFilter() throws(Refusal) -> Filter {
        let compiled: Filter
        do {
            compiled = try Filter(filter)
        } catch {
            throw Refusal("--filter: \(error)")
        }
        // A line for people is made of other parts than those that the filter names.
        guard !compiled.redacts || output == .json else {
            throw Refusal("--filter: redact(…) needs --output json")
        }
        return compiled
    }

    /// Why the command makes no sense.
    private struct Refusal: Error {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
