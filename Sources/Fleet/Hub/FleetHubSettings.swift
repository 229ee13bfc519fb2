/// The numbers of the hub's end.
package struct FleetHubSettings: Sendable {
    /// Something is sent at least so often; a worker from which nothing was heard for three and a half times as long is
    /// cut off, in case the connection is only half open.
    package var heartbeat: Duration = .seconds(10)
    /// After so long a worker is asked to connect anew, with the token that it has then; up to a quarter more, at random.
    package var sessionLimit: Duration = .seconds(3_600)
    /// How long a worker may take for a push: scripts may run minutes at their top level.
    package var pushLimit: Duration = .seconds(600)
    /// How long a worker that is gone is still shown, and its reports known again.
    package var remembered: Duration = .seconds(3_600)
    /// Bytes that wait for one worker; a slower one is cut off, and asks for what it missed when it is back.
    package var queueByteLimit = 4 << 20
    /// Workers that are known at a time.
    package var workerLimit = 5_000
    /// Lists of pods that are under way at a time, for workers that come without knowing any.
    package var sweepLimit = 4

    /// Addresses that workers are told the names of at most; what is beyond is counted.
    package var nameLimit = 40_000
    /// Bytes of the latest changes of names: a worker that missed more of them reads the table of all names.
    package var nameChangeByteLimit = 1 << 20

    package init() {}

    var silenceLimit: Duration { heartbeat * 7 / 2 }
}
