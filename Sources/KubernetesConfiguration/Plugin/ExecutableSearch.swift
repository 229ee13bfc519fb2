internal import Glibc

/// Finds a program as a shell does.
enum ExecutableSearch {
    /// The first executable of this name in a list of folders like PATH's.
    ///
    /// Only absolute folders count: with others, the program would depend on where this one was started.
    static func find(_ name: String, in folders: String) -> String? {
        folders.split(separator: ":").lazy
            .filter { $0.hasPrefix("/") }
            .map { KubeconfigFields.absolute(name, from: String($0)) }
            .first(where: isExecutable)
    }

    /// Whether this process may run the file.
    static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return access(path, X_OK) == 0
    }
}
