/// The numbers by which a reflector works. The defaults suit a cluster of any size.
public struct ReflectorSettings: Sendable {
    /// How the collection is read at the start and after the server has lost track.
    public enum InitialSync: Sendable {
        /// In pages (LIST). Every server can.
        case list
        /// As a stream that goes over into the watch (KEP-3157, on by default since Kubernetes 1.34): cheaper for the
        /// server. Where it is not understood, pages are read, and that is remembered.
        case stream
    }

    /// Begin with the collection as it was at this version, and tell of everything since then: what an earlier process
    /// did not get to. A server that has forgotten the version (etcd keeps five minutes by default) is asked for the
    /// present instead; ``InformerHealth/firstVersion`` tells.
    public var startVersion: ResourceVersion?

    /// How the collection is read.
    public var initialSync = InitialSync.list

    /// Objects per page of a list: 500 pods are about 4 MB. A page larger than `pageByteLimit` is halved.
    public var pageSize = 500

    /// A page larger than this is not taken in.
    public var pageByteLimit = 64 << 20

    /// A watch event larger than this is not taken in. The largest object that etcd stores by default has 1.5 MB, and
    /// JSON escapes can make six bytes of one.
    public var lineByteLimit = 32 << 20

    /// A watch is asked to live for a random time in this range, so that the clients of a restarted server do not come
    /// back together for ever. It is the range of client-go.
    public var watchLifetime: ClosedRange<Duration> = .seconds(300) ... .seconds(600)

    /// The same on a connection that carries one exchange at a time (HTTP/1.1): no one can ask there whether the peer is
    /// still alive, so the watch itself is short. With `overdueAfter` it bounds the time in which a peer may be dead
    /// without being noticed to 28 s.
    public var unsharedWatchLifetime: ClosedRange<Duration> = .seconds(20) ... .seconds(24)

    /// The server is to end a watch when its lifetime is over; this much later it is taken for dead.
    public var overdueAfter = Duration.seconds(4)

    /// After this time without a byte the peer is asked for a sign of life, over the same connection (HTTP/2).
    public var probeAfter = Duration.seconds(12)

    /// The time in which the sign has to come. With `probeAfter` a dead peer is noticed within 20 s.
    public var probeLimit = Duration.seconds(8)

    /// Servers send a bookmark about every 60 s. If one that does so sends neither bookmark nor event for this long, it
    /// may be waiting for a version that it will never reach (restored from a backup): it is asked.
    public var bookmarkPatience = Duration.seconds(80)

    /// The same for servers of which no bookmark was ever seen.
    public var bookmarkPatienceWithoutBookmarks = Duration.seconds(600)

    /// A stream of initial events has to bring the next one, or its end, within this time.
    public var initialEventsPatience = Duration.seconds(10)

    /// After an outage all clients list anew at the same moment: each waits a random part of this.
    public var relistSpread = Duration.seconds(4)

    /// A watch that lived this long did its work, even if nothing happened.
    public var healthyAfter = Duration.seconds(5)

    /// The defaults.
    public init() {}
}
