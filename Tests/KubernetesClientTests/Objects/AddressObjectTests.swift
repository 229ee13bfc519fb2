import Testing
import Timestamps

@testable import KubernetesClient

@Suite("Reading services and endpoint slices")
struct AddressObjectTests {
    @Test("a service has its cluster's, its external and its balancers' addresses, each once")
    func service() throws {
        let service = try Service.reading(
            #"""
            {"metadata":{"name":"web","namespace":"shop","uid":"u","resourceVersion":"5",
            "creationTimestamp":"2026-01-31T10:00:00Z"},
            "spec":{"clusterIP":"10.96.0.1","clusterIPs":["10.96.0.1","fd00::1"],"externalIPs":["198.51.100.1"],
            "ports":[{"port":80,"nodePort":30000}],"loadBalancerIP":"203.0.113.9","selector":{"app":"web"}},
            "status":{"conditions":[],"loadBalancer":{"ingress":[{"ip":"203.0.113.1","ipMode":"VIP"},
            {"hostname":"lb.example.com"},{"ip":"10.96.0.1"}],"x":1}}}
            """#)
        #expect(service.addresses == ["10.96.0.1", "fd00::1", "198.51.100.1", "203.0.113.1"])
        #expect(service.created == Timestamp("2026-01-31T10:00:00Z") && service.identity.uid == "u")
    }

    @Test(
        "a service without addresses has none",
        arguments: [
            #""spec":{"clusterIP":"None","clusterIPs":["None"]},"status":{"loadBalancer":{}}"#,
            #""spec":{"type":"ExternalName","externalName":"example.com"}"#, #""spec":{"clusterIP":""},"status":null"#,
            #""spec":null,"status":{"loadBalancer":null}"#, #""status":{"loadBalancer":{"ingress":null}}"#,
            #""spec":{"clusterIP":null,"clusterIPs":null}"#,
        ])
    func headless(_ rest: String) throws {
        let service = try Service.reading(#"{"metadata":{"name":"web","namespace":"shop"},\#(rest)}"#)
        #expect(service.addresses == [] && service.identity.key.name == "web")
    }

    @Test("an endpoint slice of either version has its service and its addresses, and which of them are pods'")
    func slice() throws {
        for rest in [
            #""topology":{"kubernetes.io/hostname":"n"}"#, #""nodeName":"n","zone":"z","hints":{"forZones":[]}"#,
        ] {
            let slice = try EndpointSlice.reading(
                #"""
                {"metadata":{"name":"web-x","namespace":"shop","uid":"u",
                "labels":{"kubernetes.io/service-name":"web","other":"label"},"creationTimestamp":"2026-01-31T10:00:00Z"},
                "addressType":"IPv4","endpoints":[
                {"addresses":["10.0.0.1","10.0.0.9"],"conditions":{"ready":true},\#(rest),
                "targetRef":{"kind":"Pod","namespace":"shop","name":"web-1","uid":"v"}},
                {"addresses":["10.0.0.2"],"conditions":{"ready":false},"targetRef":null},
                {"addresses":[],"targetRef":{"kind":"Pod"}}],
                "ports":[{"name":"","port":80,"protocol":"TCP"}]}
                """#)
            #expect(slice.service == "web")
            #expect(
                slice.endpoints == [
                    .init(address: "10.0.0.1", isPod: true), .init(address: "10.0.0.2", isPod: false),
                ])
            #expect(slice.created == Timestamp("2026-01-31T10:00:00Z"))
        }
    }

    @Test(
        "a slice of hosts' names, without endpoints or without a service has none",
        arguments: [
            #""endpoints":[{"addresses":["example.com"]}],"addressType":"FQDN""#, #""endpoints":null"#, #""ports":[]"#,
        ])
    func other(_ rest: String) throws {
        let slice = try EndpointSlice.reading(#"{"metadata":{"name":"web-x","namespace":"shop"},\#(rest)}"#)
        #expect(slice.endpoints == [] && slice.service == "")
    }
}
