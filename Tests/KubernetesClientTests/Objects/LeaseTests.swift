import JSON
import Testing
import Timestamps

@testable import KubernetesClient

@Suite("Leases")
struct LeaseTests {
    @Test("a lease that is written and read is the same lease")
    func roundTrip() throws {
        let time = try #require(Timestamp("2026-01-31T10:00:00.000001Z"))
        let lease = Lease(
            key: ObjectKey(namespace: "remora", name: "hub"), resourceVersion: "7", holder: "hub-0",
            durationSeconds: 15,
            acquired: time, renewed: time + .seconds(5), transitions: 3)
        #expect(Lease(lease.object) == lease)
        #expect(Lease(try JSONValue(parsing: lease.object.encoded())) == lease)
    }

    @Test("the object has times to the microsecond, and no version where it is to be created")
    func object() {
        let lease = Lease(
            key: ObjectKey(namespace: "remora", name: "hub"), holder: "hub-0", durationSeconds: 15,
            renewed: Timestamp(microseconds: 0))
        #expect(
            lease.object == [
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": ["name": "hub", "namespace": "remora"],
                "spec": [
                    "holderIdentity": "hub-0", "leaseDurationSeconds": 15, "leaseTransitions": 0,
                    "renewTime": "1970-01-01T00:00:00.000000Z",
                ],
            ])
    }

    @Test("a lease that nobody has held yet is read as such")
    func sparse() throws {
        let empty = try JSONValue(parsing: #"{"metadata":{"name":"hub","namespace":"n"},"spec":{"renewTime":null}}"#)
        #expect(
            Lease(empty) == Lease(key: ObjectKey(namespace: "n", name: "hub"), holder: "", durationSeconds: 0))
    }
}
