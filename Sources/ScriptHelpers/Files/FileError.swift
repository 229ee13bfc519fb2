internal import Glibc
internal import ScriptRuntime

/// Makes the errors of `file.*`: the operating system's words, with the path as the script knows it.
enum FileError {
    /// `open x/y: no such file or directory`, code `ENOENT`.
    static func system(_ operation: String, _ path: String, _ number: Int32 = errno) -> HelperError {
        let words = String(cString: strerror(number))
        return HelperError(
            "\(operation) \(path): \(words.prefix(1).lowercased() + words.dropFirst())", code: name(number))
    }

    static func escape(_ path: String) -> HelperError {
        HelperError("path escapes the data directory: \(path)", code: "EACCES")
    }

    static func notRegular(_ path: String) -> HelperError {
        HelperError("open \(path): not a regular file", code: "EINVAL")
    }

    static func quota(_ path: String, _ limit: Int) -> HelperError {
        let size = limit % (1 << 20) == 0 ? "\(limit >> 20) MiB" : "\(limit) bytes"
        return HelperError(
            "write \(path): the data directory would exceed its quota of \(size): delete what was uploaded",
            code: "EDQUOT")
    }

    private static func name(_ number: Int32) -> String {
        switch number {
        case ENOENT: "ENOENT"
        case EEXIST: "EEXIST"
        case ENOTDIR: "ENOTDIR"
        case EISDIR: "EISDIR"
        case EACCES, EPERM: "EACCES"
        case ENOSPC: "ENOSPC"
        case ENAMETOOLONG: "ENAMETOOLONG"
        case EINVAL: "EINVAL"
        case ENOTEMPTY: "ENOTEMPTY"
        case EMFILE, ENFILE: "EMFILE"
        case EROFS: "EROFS"
        default: "EIO"
        }
    }
}
