import JSON
import Testing
import YAML

@testable import ScriptStore

/// Contract 7.5.
@Suite("SCRIPTING_ENV in the secret")
struct ScriptEnvironmentTests {
    private func read(_ text: String) throws -> ScriptEnvironment {
        try ScriptEnvironment(secretData: [ConfigMapKey.environment: Base64.encode(Array(text.utf8))])
    }

    @Test("texts, numbers, booleans and nested values come through")
    func values() throws {
        let text =
            #"{"S3_BUCKET":"b","LIMIT":10,"ON":true,"NONE":null,"a-b":{"c":[1]},"GCS_SA_KEY_JSON":"{\"k\":\"v\"}"}"#
        #expect(try read(text).json == JSONValue(parsing: text))
    }

    @Test("missing, empty and null are an empty env", arguments: ["", "  \n", "null", "{}"])
    func empty(text: String) throws {
        #expect(try read(text).json == [:])
        #expect(try ScriptEnvironment(secretData: [:]).json == [:])
    }

    @Test("what is no object is refused, without quoting it")
    func refused() {
        #expect(throws: ScriptEnvironmentError.notObject) { try read(#""hunter2""#) }
        #expect {
            try read(#"{"PASSWORD":"hunter2"#)
        } throws: { !"\($0)".contains("hunter2") && "\($0)".hasPrefix("SCRIPTING_ENV in the secret: JSON") }
        #expect(throws: ScriptEnvironmentError.notBase64(key: "SCRIPTING_ENV")) {
            try ScriptEnvironment(secretData: [ConfigMapKey.environment: "%%%"])
        }
    }

    @Test("no description shows a value")
    func secrecy() throws {
        let environment = try read(#"{"PASSWORD":"hunter2"}"#)
        var dumped = ""
        dump(environment, to: &dumped)
        for text in ["\(environment)", String(reflecting: environment), dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(environment)" == "env with PASSWORD")
    }

    @Test("further secrets add their entries, with their prefix, and do not replace what is there")
    func merging() throws {
        var environment = try read(#"{"AWS_REGION":"eu"}"#)
        let data = ["REGION": "us", "KEY": "k"].mapValues { Base64.encode(Array($0.utf8)) }
        let leftOut = environment.merge(
            EnvironmentSource(secretName: "aws", prefix: "AWS_"),
            secretData: data.merging(["BINARY": Base64.encode([0xff, 0xfe])]) { $1 })
        #expect(environment.json == ["AWS_REGION": "eu", "AWS_KEY": "k"])
        #expect(leftOut == ["BINARY"])
    }

    @Test("what is written to the secret is read back")
    func roundTrip() throws {
        let environment = ScriptEnvironment(["A": "it's \"quoted\"\n", "N": 1.5])
        #expect(try ScriptEnvironment(secretData: [ConfigMapKey.environment: environment.secretText]) == environment)
    }
}
