import JSON
import Testing

@testable import KubernetesSimulator

@Suite struct SelectorTests {
    @Test(
        "label selectors match as the server's do",
        arguments: [
            ("", true), ("app=web", true), ("app==web", true), ("app = web , tier", true), ("app=api", false),
            ("app!=api", true), ("none!=x", true), ("app!=web", false), ("tier", true), ("none", false),
            ("!none", true), ("!tier", false), ("app in (web, api)", true), ("app in (api)", false),
            ("app notin (api)", true), ("none notin (api)", true), ("app notin (web)", false), ("size>3", true),
            ("size<3", false), ("app>3", false), ("app=web,size=9", false), ("empty=", true),
        ])
    func labels(text: String, isMatch: Bool) throws {
        let selector = try LabelSelector(text)
        #expect(selector.matches(["app": "web", "tier": "front", "size": "4", "empty": ""]) == isMatch)
    }

    @Test("a label selector that is none is refused", arguments: ["a in (b", "a in b", "=x", "a b", "a>x"])
    func malformedLabels(text: String) {
        #expect { try LabelSelector(text) } throws: { ($0 as? APIStatus)?.code == 400 }
    }

    @Test(
        "field selectors match by name, namespace and the resource's own fields",
        arguments: [
            ("metadata.name=web", true), ("metadata.name!=web", false), ("metadata.namespace=default", true),
            ("spec.nodeName=node-1,status.phase=Running", true), ("status.phase!=Running", false),
            ("spec.nodeName=", false), ("status.podIP=", true), ("", true),
        ])
    func fields(text: String, isMatch: Bool) throws {
        let pods = try #require(ResourceCatalog.standard.resource("pods"))
        var value = pod("web", node: "node-1")
        value["status"] = ["phase": "Running"]
        let selector = try FieldSelector(text, for: pods)
        #expect(selector.matches(StoredObject(value, pods, resourceVersion: 1)) == isMatch)
    }

    @Test("a field that the resource does not offer is refused with the server's words")
    func unknownField() throws {
        let configMaps = try #require(ResourceCatalog.standard.resource("configmaps"))
        #expect(
            throws: APIStatus.badRequest(
                "\"foo\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        ) {
            try FieldSelector("foo=bar", for: configMaps)
        }
    }
}
