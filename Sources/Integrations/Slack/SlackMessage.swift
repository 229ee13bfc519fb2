package import JSON
internal import OrderedCollections
package import Timestamps

/// What is said in Slack: one attachment, as upstream's helpers have it.
package struct SlackMessage: Sendable {
    package var pretext: String
    package var text: String
    package var color: String
    /// In the caller's order.
    package var fields: [(name: String, value: String)]

    package init(pretext: String, text: String, color: String, fields: [(name: String, value: String)] = []) {
        self.pretext = pretext
        self.text = text
        self.color = color
        self.fields = fields
    }

    /// Slack cuts longer texts itself, and not where we would.
    static let textLimit = 40_000

    /// The attachment (https://docs.slack.dev/messaging/formatting-message-text#attachments), with the time as last field.
    package func attachment(at time: Timestamp) -> JSONValue {
        var fields = self.fields.map { name, value in Self.field(name, value, isShort: value.count <= 40) }
        fields.append(Self.field("Timestamp", Self.text(of: time), isShort: false))
        return [
            "pretext": .string(Self.escaped(pretext)), "text": .string(Self.escaped(text)),
            "color": .string(Self.color(color)), "fallback": .string(Self.escaped(pretext.isEmpty ? text : pretext)),
            "fields": .array(fields),
        ]
    }

    private static func field(_ title: String, _ value: String, isShort: Bool) -> JSONValue {
        ["title": .string(escaped(title)), "value": .string(escaped(value)), "short": .boolean(isShort)]
    }

    /// `2026-03-01 10:00:00 +0000 UTC`, as upstream writes it.
    package static func text(of time: Timestamp) -> String {
        "\(time.wholeSecond.description.prefix(19).replacing("T", with: " ")) +0000 UTC"
    }

    /// Six hexadecimal digits are a colour also without `#`.
    static func color(_ text: String) -> String {
        let isHex = text.utf8.count == 6 && text.allSatisfy(\.isHexDigit)
        return isHex ? "#\(text)" : text
    }

    static func escaped(_ text: String) -> String {
        XMLElement.escape(text.count > textLimit ? String(text.prefix(textLimit - 1)) + "…" : text)
    }
}
