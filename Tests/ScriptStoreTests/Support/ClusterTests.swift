import Testing

/// All tests with an API server and real files: one after the other, since they wait for what happens.
@Suite("Scripts in a cluster", .serialized)
enum ClusterTests {}
