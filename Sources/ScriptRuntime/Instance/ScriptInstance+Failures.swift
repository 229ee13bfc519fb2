internal import CJavaScriptCore
internal import JSON

/// What was thrown, told in terms of the user's file.
extension ScriptInstance {
    /// Frames of a deep recursion say nothing after the first few.
    private static let stackLimit = 20

    static func engineFailure(_ identity: ScriptIdentity, _ text: String) -> ScriptFailure {
        ScriptFailure(script: identity, place: .load, reason: .engine, text: text)
    }

    func failure(_ exception: JavaScriptException, in place: ScriptPlace, syntax: Bool = false) -> ScriptFailure {
        if let ending = watch.takeEnding() { return failure(ending, in: place) }
        if watch.isInterrupted { return failure(.interrupted, in: place) }
        // What a helper threw because its wait was cut short is no failure of the script.
        if control.mustEnd { return failure(.replaced, in: place) }
        let description = describe(exception)
        let frames = userFrames(of: description["stack"]?.string ?? "")
        let position = frames.first.map { ($0.line, $0.column) } ?? position(in: description)
        return ScriptFailure(
            script: identity, place: place, reason: syntax ? .syntax : .thrown,
            text: description["text"]?.string ?? "", message: description["message"]?.string,
            line: position?.0, column: position?.1, stack: frames.map(\.text))
    }

    private func failure(_ ending: CallWatch.Ending, in place: ScriptPlace) -> ScriptFailure {
        switch ending {
        case .breach(let breach):
            ScriptFailure(script: identity, place: place, reason: .stopped(breach), text: breach.sentence)
        case .replaced:
            ScriptFailure(
                script: identity, place: place, reason: .replaced,
                text: "stopped because the script was replaced or removed")
        case .interrupted:
            ScriptFailure(
                script: identity, place: place, reason: .interrupted,
                text: "stopped because a call that ran while it waited had to be stopped")
        }
    }

    private func describe(_ exception: JavaScriptException) -> JSONValue {
        guard let text = try? vm.call(glue.describe, exception.value),
            let description = try? JSONValue(parsing: vm.text(text))
        else { return ["text": "something that cannot be described"] }
        return description
    }

    /// Errors that the engine's parser makes have no stack but know their line.
    private func position(in description: JSONValue) -> (Int, Int?)? {
        guard description["source"]?.string == identity.title, let line = description["line"]?.integer, line > 0 else {
            return nil
        }
        let column = description["column"]?.integer ?? 0
        return (Int(line), column > 0 ? Int(column) : nil)
    }

    private struct Frame {
        let function: Substring
        let line: Int
        let column: Int
        let title: String

        var text: String { "\(function)@\(title):\(line):\(column)" }
    }

    /// The frames of the user's own file, as `function@title:line:column` one a line.
    private func userFrames(of stack: String) -> [Frame] {
        let mark = "@\(identity.title):"
        return stack.split(separator: "\n").lazy.compactMap { [identity] line -> Frame? in
            guard let start = line.lastRange(of: mark) else { return nil }
            let numbers = line[start.upperBound...].split(separator: ":").compactMap { Int($0) }
            guard numbers.count == 2 else { return nil }
            let shift = numbers[0] == 1 ? Glue.scriptPrefix.count : 0
            return Frame(
                function: line[..<start.lowerBound], line: numbers[0], column: max(1, numbers[1] - shift),
                title: identity.title)
        }.prefix(Self.stackLimit).map { $0 }
    }
}

extension Substring {
    /// Where a text stands last; Foundation's `range(of:)` is not worth its weight for this.
    fileprivate func lastRange(of text: String) -> Range<Index>? {
        var start = endIndex
        while start > startIndex {
            start = index(before: start)
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
        }
        return nil
    }
}
