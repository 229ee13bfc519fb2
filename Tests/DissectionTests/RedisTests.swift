import JSON
import Testing

@testable import Dissection

@Suite("Redis")
struct RedisTests {
    private func lines(_ conversation: Conversation, _ cuts: Conversation.Cuts = .none) -> [String] {
        conversation.trees(cuts).map { item in
            func half(_ name: String) -> String {
                guard let half = item[name], half != .null else { return "-" }
                return ["type", "command", "key", "value", "keyword"].compactMap { half[$0]?.string }.joined(
                    separator: "|")
            }
            return half("request") + " > " + half("response")
        }
    }

    private static func command(_ words: String...) -> String {
        "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    }

    @Test("commands meet their replies in any cuts, one by one and in pipelines", arguments: Conversation.cuts)
    func pairs(cuts: Conversation.Cuts) {
        let conversation = Conversation(port: 9999)
            .client(Self.command("set", "k", "v") + Self.command("GET", "k") + Self.command("incr", "n"))
            .server("+OK\r\n$1\r\nv\r\n:7\r\n").client(Self.command("FOO")).server("-ERR unknown\r\n")
            .client(Self.command("GET", "none")).server("$-1\r\n").client(Self.command("MGET", "a", "b"))
            .server("*2\r\n$1\r\n1\r\n*-1\r\n")
        #expect(
            lines(conversation, cuts) == [
                "Array|SET|k|v| > Simple String||||OK", "Array|GET|k|| > Bulk String|||v|",
                "Array|INCR|n|| > Integer|||7|",
                "Array|FOO||| > Error|||ERR unknown|", "Array|GET|none|| > N/A||||", "Array|MGET|a|b| > Array|||[1, ]|",
            ])
        #expect(conversation.dissected(cuts).counters.paired == 6)
    }

    @Test("RESP3 has its own kinds of values", arguments: Conversation.cuts)
    func resp3(cuts: Conversation.Cuts) {
        let conversation = Conversation(port: 6379).client(Self.command("HELLO", "3"))
            .server("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n").client(Self.command("X")).server(
                "|1\r\n+a\r\n:1\r\n,1.5\r\n"
            )
            .client(Self.command("X")).server("#t\r\n").client(Self.command("X")).server("=7\r\ntxt:abc\r\n")
            .client(Self.command("X")).server("~2\r\n:1\r\n(123\r\n").client(Self.command("X")).server("_\r\n")
            .client(Self.command("X")).server("!3\r\nbad\r\n")
        #expect(
            lines(conversation, cuts).map { $0.split(separator: ">").last.map(String.init) } == [
                " Map|||{server: redis}|", " Double|||1.5|", " Boolean|||true|", " Bulk String|||abc|",
                " Set|||[1, 123]|", " N/A||||", " Bulk String|||bad|",
            ])
    }

    @Test(
        "texts and structures whose length is told at their end are read, also within each other",
        arguments: Conversation.cuts)
    func streamed(cuts: Conversation.Cuts) {
        let conversation = Conversation(port: 6379).client(Self.command("A")).server(
            "$?\r\n;4\r\nHell\r\n;5\r\no \r\nw\r\n;0\r\n"
        )
        .client(Self.command("B")).server("*?\r\n:1\r\n%?\r\n+k\r\n$?\r\n;1\r\nv\r\n;0\r\n.\r\n~?\r\n.\r\n.\r\n")
        .client(Self.command("C")).server("|?\r\n+ttl\r\n:9\r\n.\r\n$?\r\n;0\r\n")
        .client(Self.command("D")).server("+OK\r\n")
        #expect(
            lines(conversation, cuts).map { $0.split(separator: ">").last.map(String.init) } == [
                " Bulk String|||Hello \r\nw|", " Array|||[1, {k: v}, []]|", " Bulk String||||",
                " Simple String||||OK",
            ])
        for reply in [".\r\n", "*1\r\n.\r\n", "$?\r\n:1\r\n", "$?\r\n;-1\r\n", "$?\r\n\r\n", ";1\r\na\r\n"] {
            let counters = Conversation(port: 6379).client(Self.command("A")).server("+OK\r\n" + reply).dissected()
                .counters
            #expect(counters.parseErrors == ["redis": 1], "\(reply)")
        }
    }

    @Test("what is kept of a value is bounded, however it is built, and its end is found all the same")
    func bounds() {
        let inner = "*1024\r\n" + String(repeating: "+0123456789\r\n", count: 1_024)
        let huge = "*64\r\n" + String(repeating: inner, count: 64)
        let conversation = Conversation(port: 6379).client(Self.command("A")).server(huge)
            .client(Self.command("B")).server("+OK\r\n")
        let values = conversation.trees().compactMap { $0[path: "response.value"]?.string }
        // 4,096 elements, and no more text than a body may have.
        #expect(values.count == 2 && values[0].utf8.count < 64 << 10 + 4 * 4_096)
        #expect(conversation.dissected().counters.paired == 2)
    }

    @Test("typed commands are split as Redis splits them", arguments: Conversation.cuts)
    func inline(cuts: Conversation.Cuts) {
        let conversation = Conversation(port: 6379).client("PING\r\nset \"a b\" 'c\\'d'\r\n\r\nGET x\n").server(
            "+PONG\r\n+OK\r\n$0\r\n\r\n")
        #expect(
            lines(conversation, cuts) == [
                "Array|PING||| > Simple String||||PONG", "Array|SET|a b|c'd| > Simple String||||OK",
                "Array|GET|x|| > Bulk String||||",
            ])
    }

    @Test("a typed command with a quote that does not end is a command, which Redis refuses")
    func unbalancedQuotes() {
        let conversation = Conversation(port: 6379).client("SET bad \"no end\r\n")
            .server("-ERR Protocol error: unbalanced quotes in request\r\n")
        #expect(
            lines(conversation) == [
                "Array|SET|bad|no end| > Error|||ERR Protocol error: unbalanced quotes in request|"
            ])
    }

    @Test("messages of subscriptions come unasked and are no errors")
    func subscriptions() {
        let message = Self.command("message", "ch", "hi")
        let resp2 = Conversation(port: 6379).client(Self.command("SUBSCRIBE", "a", "b"))
            .server("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n").server(
                message
            )
            .client(Self.command("UNSUBSCRIBE", "a")).server("*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n")
        #expect(
            lines(resp2) == [
                "Array|SUBSCRIBE|a|b| > Array||a|1|subscribe", "- > Array||ch|hi|message",
                "Array|UNSUBSCRIBE|a|| > Array||a|1|unsubscribe",
            ])
        let counters = resp2.dissected().counters
        #expect(
            counters.paired == 2 && counters.oneSided == 1 && counters.interim == 1 && counters.responseOnly.total == 0)
        let resp3 = Conversation(port: 6379).client(Self.command("GET", "k")).server(
            ">3\r\n+message\r\n+ch\r\n+hi\r\n+v\r\n")
        #expect(lines(resp3) == ["- > Push||ch|hi|message", "Array|GET|k|| > Simple String|||v|"])
        #expect(resp3.trees().allSatisfy { $0["error"] == .null })
    }

    @Test("replies that are switched off are not waited for")
    func repliesOff() {
        let conversation = Conversation(port: 6379)
            .client(
                Self.command("CLIENT", "REPLY", "OFF") + Self.command("SET", "a", "1")
                    + Self.command("CLIENT", "REPLY", "ON")
            )
            .client(Self.command("CLIENT", "REPLY", "SKIP") + Self.command("SET", "b", "2") + Self.command("GET", "a"))
            .server("+OK\r\n$1\r\n1\r\n")
        #expect(
            lines(conversation) == [
                "Array|CLIENT|REPLY|OFF| > -", "Array|SET|a|1| > -", "Array|CLIENT|REPLY|SKIP| > -",
                "Array|SET|b|2| > -",
                "Array|CLIENT|REPLY|ON| > Simple String||||OK", "Array|GET|a|| > Bulk String|||1|",
            ])
        #expect(conversation.trees().allSatisfy { $0["error"] == .null })
    }

    @Test("passwords are not in items")
    func credentials() {
        let conversation = Conversation(port: 6379).client(Self.command("AUTH", "user", "secret"))
            .client(Self.command("HELLO", "3", "AUTH", "user", "secret", "SETNAME", "n")).server("+OK\r\n+OK\r\n")
        #expect(lines(conversation)[0] == "Array|AUTH||[REDACTED]| > Simple String||||OK")
        #expect(lines(conversation)[1].contains("|HELLO|3|AUTH [REDACTED] [REDACTED] SETNAME n|"))
    }

    @Test("what is no RESP is counted, and hostile lengths are refused")
    func malformed() {
        for reply in [
            "*99999999999999999999\r\n", "$-5\r\n", "*2147483648\r\n", ":x\r\n", "@\r\n",
            String(repeating: "*1\r\n", count: 40),
        ] {
            let conversation = Conversation(port: 6379).client(Self.command("GET", "k")).server("+OK\r\n" + reply)
            #expect(conversation.dissected().counters.parseErrors == ["redis": 1], "\(reply)")
            #expect(conversation.dissected().counters.paired == 1)
        }
    }

    @Test("a lost reply is an item without one, and the next command is paired rightly")
    func gap() {
        let conversation = Conversation(port: 6379).client(Self.command("GET", "a")).server("$1\r\n1\r\n")
            .client(Self.command("GET", "b")).loses(.server, 7).client(Self.command("GET", "c")).server("$1\r\n3\r\n")
        #expect(
            lines(conversation) == [
                "Array|GET|a|| > Bulk String|||1|", "Array|GET|b|| > -", "Array|GET|c|| > Bulk String|||3|",
            ])
        let within = Conversation(port: 6379).client(Self.command("GET", "a")).server("$10\r\nab").loses(.server, 6)
            .server("ij\r\n")
        #expect(lines(within) == ["Array|GET|a|| > Bulk String|||abij|"])
    }
}
