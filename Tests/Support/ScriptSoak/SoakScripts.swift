internal import ScriptRuntime

/// The scripts of a soak: between them they use everything that an engine could fail to give back.
enum SoakScripts {
    static let traffic = 0
    static let swapped = 1
    static let reader = 2
    static let unruly = 3
    static let guest = 4

    /// Counts, keeps the latest items, shares an object and a function.
    static let trafficSource = """
        var packets = 0, kilobytes = 0, items = 0, pods = {}, latest = [];
        this.totals = { packets: 0, items: 0 };
        this.describe = function (name) { return name + ": " + packets + " packets, " + items + " items"; };
        function onPacketCaptured(info) { packets++; kilobytes += info.length / 1000; }
        function onItemCaptured(data) {
          items++;
          latest.push(data);
          if (latest.length > 500) latest.shift();
        }
        function onItemQueried(data) { return test.pass(data); }
        function onPodEvent(event, pod) { pods[pod.metadata.name] = event; }
        setInterval(function () { totals.packets = packets; totals.items = items; }, 100);
        jobs.schedule("report", "* * * * * *", function () { console.log(packets, "packets", kilobytes.toFixed(0), "KB"); });
        """

    /// The script that is replaced every second; each version leaves behind timers, a job, a shared name.
    static func swappedSource(_ version: Int) -> String {
        """
        // version \(version)
        var cache = {}, count = 0;
        this.version\(version % 7) = { number: \(version) };
        function onItemCaptured(data) { count++; cache[data.id] = JSON.stringify(data); }
        function onPacketCaptured(info) { if (info.timestamp === "") throw new Error("no time"); }
        for (var i = 0; i < 20; i++) setTimeout(function () { cache = {}; }, 100 + i * 400);
        setInterval(function () { count += 0.5; }, 50);
        jobs.schedule("tick", "@every 1s", function () { pause(); console.log("version \(version)", count); });
        function onJobPassed(tag) { count++; }
        """
    }

    /// A version that fails after it has scheduled and shared things: all of that must go.
    static func brokenSource(_ version: Int) -> String {
        """
        this.broken\(version % 5) = { number: \(version) };
        jobs.schedule("never", "* * * * * *", function () {});
        setInterval(function () {}, 10);
        throw new Error("version \(version) is broken");
        """
    }

    /// Uses what the others share, and waits inside hooks and jobs.
    static let readerSource = """
        var seen = 0;
        function onPodEvent(event, pod, change) { seen += totals.items > 0 ? 1 : 0; }
        jobs.schedule("ask", "* * * * * *", function () {
          pause();
          console.log(describe("reader"), JSON.stringify(totals));
        });
        setInterval(function () { describe("timer"); }, 250);
        """

    /// Throws, floods its console, and now and then never ends.
    static func unrulySource(_ version: Int) -> String {
        """
        var n = 0;
        function onItemCaptured(data) {
          if (++n % 50 === 0) throw new TypeError("item " + n + " of version \(version)");
          if (n % 200 === 0) for (var i = 0; i < 300; i++) console.log("flood", i);
        }
        setTimeout(function () { for (;;) {} }, 500);
        """
    }

    /// A script that comes and goes, with a heap of some megabytes.
    static let guestSource = """
        var heap = [];
        for (var i = 0; i < 20000; i++) heap.push({ number: i, text: "guest " + i });
        this.guest = { size: heap.length };
        function onItemCaptured(data) { heap[data.id % heap.length] = data; }
        jobs.schedule("guest", "* * * * * *", function () { heap.push(heap.shift()); });
        """
}
