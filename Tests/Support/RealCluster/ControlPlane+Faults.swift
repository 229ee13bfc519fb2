/// What can happen to an API server. Use it on instances that no other test shares.
extension ControlPlane {
    /// Stops the API server in its tracks (SIGSTOP): connections stay open, and nothing answers.
    package func pause() async throws {
        _ = try await run("pause")
    }

    /// Lets a paused API server go on.
    package func resume() async throws {
        _ = try await run("resume")
    }

    /// Kills the API server (SIGKILL): connections end, new ones are refused; its data stay in etcd.
    package func killAPIServer() async throws {
        _ = try await run("kill-apiserver")
    }

    /// Starts the API server again, with the same data on the same port, and waits until it is ready.
    package func startAPIServer() async throws {
        _ = try await run("start-apiserver")
    }

    /// Kills the API server and starts it again.
    package func restart() async throws {
        _ = try await run("restart-apiserver")
    }

    /// Forgets all history before the newest revision, which is returned: old `continue` tokens get 410.
    ///
    /// - Parameters:
    ///   - hard: also restarts the API server, whose cache would serve watches from older revisions: they get 410 too.
    @discardableResult
    package func compact(hard: Bool = false) async throws -> String {
        let output = try await run("compact", hard ? ["--hard"] : [])
        return String(output.prefix { !$0.isNewline })
    }

    /// Keeps a copy of etcd's data for ``restore()``. The API server is restarted for it.
    package func backup() async throws {
        _ = try await run("backup")
    }

    /// Puts the data of ``backup()`` back: all versions since then are forgotten and will be given a second time. The API
    /// server is restarted for it.
    package func restore() async throws {
        _ = try await run("restore")
    }

    /// Gives the API server a new serving certificate.
    ///
    /// - Parameters:
    ///   - newCA: signed by a new authority, which is put in ``certificateAuthority`` and the kubeconfig files.
    ///   - days: how long it is valid.
    ///   - atOnce: restarts the API server; otherwise it takes up to 60 s to notice.
    package func rotateCertificate(newCA: Bool = false, days: Int = 365, atOnce: Bool = true) async throws {
        let options = (newCA ? ["--ca"] : []) + (atOnce ? ["--now"] : []) + ["--days", String(days)]
        _ = try await run("rotate-cert", options)
    }

    /// The text of a kubeconfig with a client certificate for any user and groups.
    package func kubeconfig(user: String, groups: [String] = []) async throws -> String {
        try await run("kubeconfig", [user] + groups)
    }

    /// A token of a service account, from a real TokenRequest. The API server grants no less than 600 s.
    package func token(namespace: String, serviceAccount: String, seconds: Int = 3600) async throws -> String {
        let output = try await run("token", [namespace, serviceAccount, String(seconds)])
        return String(output.prefix { !$0.isNewline })
    }
}
