import CJavaScriptCore
import Testing

@testable import ScriptRuntime

/// Facts about the installed JavaScriptCore on which the engine rests. One that fails after an update of the library
/// says which assumption to look at.
@Suite("JavaScriptCore")
struct ConformanceTests {
    private final class Probe {
        var questions = 0
        var answer: (Int) -> Bool = { _ in true }
        var rearms = true
        let vm = JavaScriptVM()

        func arm() {
            JSContextGroupSetExecutionTimeLimit(
                vm.group, 0.01,
                { _, user in
                    guard let user else { return true }
                    let probe = Unmanaged<Probe>.fromOpaque(user).takeUnretainedValue()
                    probe.questions += 1
                    if probe.answer(probe.questions) { return true }
                    if probe.rearms { probe.arm() }
                    return false
                }, Unmanaged.passUnretained(self).toOpaque())
        }

        /// The text of the value or, with a mark, of what was thrown.
        func run(_ source: String) -> String {
            do {
                return vm.text(try vm.evaluate(source, name: "t.js"))
            } catch {
                return "! " + vm.text(error.value)
            }
        }
    }

    @Test(
        "the limit asks again after each answer of false if it is set anew, and true ends the script past every catch")
    func limit() {
        let probe = Probe()
        probe.answer = { $0 == 5 }
        probe.arm()
        #expect(
            probe.run("for (;;) { try { for (;;) {} } catch (e) {} finally { continue; } }")
                == "! JavaScript execution terminated.")
        #expect(probe.questions == 5)
        #expect(probe.run("1 + 1") == "2")
    }

    @Test("a VM whose script was ended runs others as before")
    func usableAfterwards() {
        let probe = Probe()
        probe.arm()
        for _ in 0..<3 {
            #expect(probe.run("for (;;) {}") == "! JavaScript execution terminated.")
            probe.arm()
        }
        #expect(probe.run("[1, 2].map(String).join()") == "1,2")
    }

    @Test("a nested call that is ended leaves the call around it alive, and stoppable once the limit is set anew")
    func nestedCall() throws {
        let probe = Probe()
        probe.answer = { $0 == 3 || $0 == 6 }
        probe.arm()
        var nested: [String] = []
        let nest = probe.vm.function { [unowned probe] arguments in
            nested.append(probe.run("for (;;) {}"))
            probe.arm()
            return arguments.vm.make(7)
        }
        var printed: [String] = []
        let note = probe.vm.function { arguments in
            printed.append(arguments.text(0))
            return nil
        }
        let outer = try probe.vm.evaluate(
            "(function (nest, note) { note('got ' + nest()); for (;;) {} })", name: "t.js")
        let error = #expect(throws: JavaScriptException.self) { try probe.vm.call(outer, nest, note) }
        #expect(nested == ["! JavaScript execution terminated."])
        #expect(printed == ["got 7"])
        #expect(error.map { probe.vm.text($0.value) } == "JavaScript execution terminated.")
        #expect(probe.questions == 6)
    }

    @Test("statistics of the heap may be asked for while a script runs")
    func statistics() {
        let probe = Probe()
        var bytes = 0
        probe.answer = { [unowned probe] count in
            bytes = max(bytes, probe.vm.heapBytes())
            return count == 5
        }
        probe.arm()
        _ = probe.run("var a = []; for (;;) a.push({});")
        #expect(bytes > 1 << 20)
    }

    @Test("only a synchronous collection frees memory without a run loop")
    func collection() {
        let vm = JavaScriptVM()
        let probe = Probe()
        _ = probe.run("var a = []; for (var i = 0; i < 500000; i++) a.push({ n: i }); a = null;")
        let before = probe.vm.heapBytes()
        probe.vm.collectGarbage()
        #expect(probe.vm.heapBytes() < before / 2)
        _ = vm
    }

    @Test("with eval turned off no text becomes code, but the engine's own evaluation works")
    func evalOff() {
        let probe = Probe()
        #expect(probe.run("eval('1')").hasPrefix("! EvalError"))
        #expect(probe.run("Function('return 1')()").hasPrefix("! EvalError"))
        #expect(probe.run("(function () {}).constructor('return 1')()").hasPrefix("! EvalError"))
        #expect(probe.run("(0, eval)('1')").hasPrefix("! EvalError"))
    }

    @Test("memory behind a typed array is seen by both sides")
    func sharedMemory() throws {
        let vm = JavaScriptVM()
        let rows = PacketRows(vm)
        let array = try #require(rows.array)
        let function = try vm.evaluate("(function (b) { b[0] = b[1] + 1; return b.length; })", name: "t.js")
        rows.numbers[1] = 41
        #expect(vm.number(try vm.call(function, array)) == Double(PacketRows.count))
        #expect(rows.numbers[0] == 42)
    }

    @Test("errors carry line, column and a stack in the known form")
    func errors() {
        let probe = Probe()
        #expect(
            probe.run(
                "try {\n  (function f() { x.y; })();\n} catch (e) { [e.line, e.column, e.stack.split('\\n')[0]].join() }"
            )
                == "2,20,f@t.js:2:20")
    }
}
