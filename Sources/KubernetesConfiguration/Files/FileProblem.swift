internal import Glibc

/// Why a file cannot be read.
public enum FileProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is none.
    case missing
    /// It is a folder.
    case isFolder
    /// This process may not read it.
    case notPermitted
    /// It has more bytes than such a file can reasonably have.
    case tooLarge(limit: Int)
    /// The system's word for anything else.
    case other(String)

    init(errorNumber: Int32) {
        switch errorNumber {
        case ENOENT, ENOTDIR: self = .missing
        case EISDIR: self = .isFolder
        case EACCES, EPERM: self = .notPermitted
        default: self = .other(strerror(errorNumber).map { String(cString: $0) } ?? "error \(errorNumber)")
        }
    }

    /// What is wrong, and what to do where that is not plain.
    public var description: String {
        switch self {
        case .missing: "no such file"
        case .isFolder: "is a folder, not a file"
        case .notPermitted: "permission denied; check its owner and mode"
        case .tooLarge(let limit): "larger than \(limit) bytes, which no such file should be"
        case .other(let text): text
        }
    }
}
