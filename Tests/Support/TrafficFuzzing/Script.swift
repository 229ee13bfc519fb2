/// Steps, as bytes that a fuzzer can change: each is an operation, an amount (big endian) and, where that says so, as
/// many bytes. Whatever the bytes are, they are a script.
package enum Script {
    /// A step, as its bytes say.
    package struct Step {
        /// The upper bits are whatever the reader makes of them.
        package let operation: UInt8
        package let amount: Int
    }

    /// Reads steps to the end. `takes` says whether bytes follow a step.
    static func forEach(
        _ input: [UInt8], takesBytes: (UInt8) -> Bool, _ body: (Step, UnsafeRawBufferPointer) -> Void
    ) {
        input.withUnsafeBytes { input in
            var position = 0
            while position + 3 <= input.count {
                let step = Step(
                    operation: input[position], amount: Int(input[position + 1]) << 8 | Int(input[position + 2]))
                position += 3
                let count = takesBytes(step.operation) ? min(step.amount, input.count - position) : 0
                // Bytes of their own, so that a sanitizer sees who reads beyond them.
                let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
                copy.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[position..<position + count]))
                body(step, UnsafeRawBufferPointer(copy))
                copy.deallocate()
                position += count
            }
        }
    }

    /// The bytes of steps.
    package static func bytes(_ steps: [(operation: UInt8, amount: Int, bytes: [UInt8])]) -> [UInt8] {
        steps.flatMap { step in
            [step.operation, UInt8(truncatingIfNeeded: step.amount >> 8), UInt8(truncatingIfNeeded: step.amount)]
                + step.bytes
        }
    }
}
