extension Kubeconfig {
    /// The kubeconfig that kubectl would use; nil if there is none and the search should go on elsewhere.
    ///
    /// - Parameter lookedFor: takes a line for each place where none was found.
    static func find(
        _ options: ConfigurationOptions, _ host: HostEnvironment, lookedFor: inout [String]
    ) throws(ConfigurationError) -> Kubeconfig? {
        if let path = options.kubeconfig {
            return try Kubeconfig(path: KubeconfigFields.absolute(path, from: host.workingFolder))
        }
        lookedFor.append("--kubeconfig: not given")
        if let list = host.variable("KUBECONFIG") { return try readList(list, host, lookedFor: &lookedFor) }
        lookedFor.append("KUBECONFIG: not set")
        return try readStandardFile(host, lookedFor: &lookedFor)
    }

    /// Reads the files of a list like PATH's and merges them; files that do not exist are passed over, as long as one
    /// does.
    private static func readList(
        _ list: String, _ host: HostEnvironment, lookedFor: inout [String]
    ) throws(ConfigurationError) -> Kubeconfig? {
        var merged: Kubeconfig?
        var firstMissing: ConfigurationError?
        var seen: Set<String> = []
        for item in list.split(separator: ":") {
            let path = KubeconfigFields.absolute(String(item), from: host.workingFolder)
            guard seen.insert(path).inserted else { continue }
            do throws(ConfigurationError) {
                let kubeconfig = try Kubeconfig(path: path)
                if merged == nil { merged = kubeconfig } else { merged?.merge(kubeconfig) }
            } catch .unreadable(path, .missing, _) {
                let place = ConfigurationPlace(key: "KUBECONFIG")
                firstMissing = firstMissing ?? .unreadable(file: path, problem: .missing, namedBy: place)
            }
        }
        guard let merged else {
            if let firstMissing { throw firstMissing }
            lookedFor.append("KUBECONFIG: names no file")
            return nil
        }
        guard !merged.isEmpty else {
            lookedFor.append("KUBECONFIG: \(merged.files.joined(separator: ", ")) holds no entries")
            return nil
        }
        return merged
    }

    private static func readStandardFile(
        _ host: HostEnvironment, lookedFor: inout [String]
    ) throws(ConfigurationError) -> Kubeconfig? {
        guard let home = host.homeFolder else {
            lookedFor.append("~/.kube/config: there is no home folder (HOME is not set)")
            return nil
        }
        let path = KubeconfigFields.absolute(".kube/config", from: home)
        do throws(ConfigurationError) {
            let kubeconfig = try Kubeconfig(path: path)
            if !kubeconfig.isEmpty { return kubeconfig }
            lookedFor.append("\(path): holds no entries")
        } catch .unreadable(path, .missing, _) {
            lookedFor.append("\(path): no such file")
        }
        return nil
    }
}
