extension Glue {
    /// Packets: one call of the engine walks a whole batch.
    static let packets = """
        const seconds = SymbolOf(), nanoseconds = SymbolOf(), origin = SymbolOf(), row = SymbolOf();
        const toISOString = DateOf.prototype.toISOString;
        // The time is made into text only for the few scripts that look at it.
        function Packet(s, n, captureLength, length, flags) {
            this[seconds] = s;
            this[nanoseconds] = n;
            this.captureLength = captureLength;
            this.length = length;
            this.truncated = (flags & 1) !== 0;
            this.fragmented = (flags & 2) !== 0;
        }
        // A packet that knows where it came from, or where that is to be found.
        function RoutedPacket(s, n, captureLength, length, flags, of, at) {
            this[seconds] = s;
            this[nanoseconds] = n;
            this.captureLength = captureLength;
            this.length = length;
            this.truncated = (flags & 1) !== 0;
            this.fragmented = (flags & 2) !== 0;
            this[origin] = of;
            this[row] = at;
        }
        function timestampOf(packet) {
            const fraction = toText(1e9 + packet[nanoseconds]).slice(1);
            return apply(toISOString, new DateOf(packet[seconds] * 1000), []).slice(0, 19) + "." + fraction + "Z";
        }
        function lazy(prototype, name, get) {
            defineProperty(prototype, name, {
                get,
                set(value) {
                    defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
                },
                enumerable: true, configurable: true,
            });
        }
        lazy(Packet.prototype, "timestamp", function () { return timestampOf(this); });
        defineHidden(Packet.prototype, "constructor", Object);
        defineHidden(Packet.prototype, "toJSON", function () {
            const out = { timestamp: this.timestamp };
            for (const name of keysOf(this)) out[name] = this[name];
            return out;
        });
        RoutedPacket.prototype = create(Packet.prototype);
        const columns = host.packetColumns;
        for (let i = 0; i < columns.length; i++)
            lazy(RoutedPacket.prototype, columns[i], function () {
                return host.packetColumn(this[origin], this[row], i);
            });
        defineHidden(RoutedPacket.prototype, "toJSON", function () {
            const out = { timestamp: this.timestamp };
            for (const name of keysOf(this)) out[name] = this[name];
            for (let i = 0; i < columns.length; i++) out[columns[i]] = this[columns[i]];
            return out;
        });

        // b[0] is the row at work: the engine reads it when it has to stop a row and go on with the next.
        function runPackets(b, count, of) {
            const hook = lookups[0]();
            if (hook === undefined) return;
            if (groupSize(hook) > 0) return collectPackets(hook, b, count, of);
            // Around the loop and not in it: a try at each packet halves the rate.
            while (b[0] < count) {
                try {
                    if (of === undefined) walk(hook, b, count);
                    else walkRouted(hook, b, count, of);
                } catch (e) {
                    host.packetFailed(e);
                    b[0]++;
                }
            }
        }
        function walk(hook, b, count) {
            for (let i = b[0]; i < count; i++) {
                b[0] = i;
                const o = 1 + i * 5;
                hook.call(global, new Packet(b[o], b[o + 1], b[o + 2], b[o + 3], b[o + 4]));
            }
            b[0] = count;
        }
        function walkRouted(hook, b, count, of) {
            for (let i = b[0]; i < count; i++) {
                b[0] = i;
                const o = 1 + i * 5;
                hook.call(global, new RoutedPacket(b[o], b[o + 1], b[o + 2], b[o + 3], b[o + 4], of, i));
            }
            b[0] = count;
        }

        // For hooks that want arrays: `onPacketCaptured.batch = 1000`. What does not fill one waits for the next batch, or
        // for a pause.
        const largestGroup = 65536;
        let group = [];
        function groupSize(hook) {
            const size = hook.batch;
            return typeof size !== "number" || !(size >= 1) ? 0 : size > largestGroup ? largestGroup : size;
        }
        function collectPackets(hook, b, count, of) {
            const size = groupSize(hook);
            for (let i = b[0]; i < count; i++) {
                b[0] = i;
                const o = 1 + i * 5;
                // Defined and not assigned: a script may have put a setter on Array.prototype.
                defineProperty(group, group.length, {
                    value: of === undefined ? new Packet(b[o], b[o + 1], b[o + 2], b[o + 3], b[o + 4])
                        : new RoutedPacket(b[o], b[o + 1], b[o + 2], b[o + 3], b[o + 4], of, i),
                    writable: true, enumerable: true, configurable: true,
                });
                if (group.length >= size) callWithGroup(hook);
            }
            b[0] = count;
        }
        function callWithGroup(hook) {
            const packets = group;
            // Before the call: a group at which the script is stopped does not come back.
            group = [];
            try {
                hook.call(global, packets);
            } catch (e) {
                host.packetFailed(e);
            }
        }
        function flushPackets() {
            if (group.length === 0) return;
            const hook = lookups[0]();
            if (hook !== undefined) callWithGroup(hook);
            else group = [];
        }

        """
}
