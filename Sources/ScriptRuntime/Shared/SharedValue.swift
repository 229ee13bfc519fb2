/// A value that scripts share through `this`, as it is kept between their heaps.
enum SharedValue: Sendable {
    case undefined
    case null
    case boolean(Bool)
    case number(Double)
    case text(String)
    case node(SharedNode)
    case function(SharedFunction)

    /// What it counts for in the budget: a long text weighs as much as the values that would fit in its place.
    var weight: Int {
        let bytesPerValue = 64
        if case .text(let text) = self { return 1 + text.utf8.count / bytesPerValue }
        return 1
    }
}

/// A function that a script put on `this`: others hold this, and call it on the lane of its owner.
final class SharedFunction: Sendable {
    /// The version of a script that has the function itself.
    let owner: UInt64
    /// Its number in that version.
    let number: Int
    let name: String
    let lane: ScriptLane

    init(owner: UInt64, number: Int, name: String, lane: ScriptLane) {
        self.owner = owner
        self.number = number
        self.name = name
        self.lane = lane
    }
}
