import JSON
import Testing

@testable import KubernetesClient

@Suite struct WatchLineTests {
    private static func decode(_ text: String) -> WatchLine<TestObject> {
        let bytes = Array(text.utf8)
        return WatchLine(bytes, 0..<bytes.count, interner: StringInterner())
    }

    private static let object =
        #"{"kind":"X","metadata":{"name":"a","namespace":"ns","uid":"u","resourceVersion":"7"}}"#

    @Test("ADDED and MODIFIED are updates, with the object's own text", arguments: ["ADDED", "MODIFIED"])
    func update(type: String) throws {
        guard case .update(let object, let raw) = Self.decode(#"{"type":"\#(type)","object":\#(Self.object)}"#) else {
            return #expect(Bool(false))
        }
        #expect(object == TestObject("a", version: 7))
        #expect(String(decoding: raw.bytes, as: UTF8.self) == Self.object)
    }

    @Test("DELETED is a deletion")
    func deletion() {
        guard case .deletion(let object, _) = Self.decode(#"{"type":"DELETED","object":\#(Self.object)}"#) else {
            return #expect(Bool(false))
        }
        #expect(object == TestObject("a", version: 7))
    }

    @Test("the object may come before its type")
    func anyOrder() {
        guard case .deletion(let object, let raw) = Self.decode(#"{"object":\#(Self.object),"type":"DELETED"}"#) else {
            return #expect(Bool(false))
        }
        #expect(object == TestObject("a", version: 7))
        #expect(String(decoding: raw.bytes, as: UTF8.self) == Self.object)
    }

    @Test("a bookmark tells its version, and whether it ends the initial events")
    func bookmark() {
        let plain =
            #"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"12","creationTimestamp":null}}}"#
        let end =
            #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"12","annotations":{"k8s.io/initial-events-end":"true"}}}}"#
        #expect(Self.decode(plain).fact == .bookmark(version: "12", isInitialEventsEnd: false))
        #expect(Self.decode(end).fact == .bookmark(version: "12", isInitialEventsEnd: true))
    }

    @Test("an ERROR event is its status")
    func error() {
        let line =
            #"{"type":"ERROR","object":{"kind":"Status","status":"Failure","message":"too old resource version: 1 (9)","reason":"Expired","code":410}}"#
        let status = APIStatus(code: 410, reason: "Expired", message: "too old resource version: 1 (9)")
        #expect(Self.decode(line).fact == .error(status))
        #expect(Self.decode(#"{"type":"ERROR","object":{}}"#).fact == .error(APIStatus()))
    }

    @Test("types that are not known yet are told apart from garbage")
    func unknownType() {
        #expect(Self.decode(#"{"type":"PAUSED","object":{"anything":[1]}}"#).fact == .unknown)
    }

    @Test(
        "what is no watch event is garbled",
        arguments: [
            "", "x", "{}", #"{"type":"ADDED"}"#, #"{"object":{}}"#, #"{"type":"ADDED","object":{}}"#,
            #"{"type":"ADDED","object":{"metadata":{"name":"a"}}}"#, #"{"type":"ADDED","object":[]}"#,
            #"{"type":7,"object":{}}"#, #"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}"#,
            #"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}} x"#,
        ])
    func garbled(line: String) {
        #expect(Self.decode(line).fact == .garbled)
    }
}
