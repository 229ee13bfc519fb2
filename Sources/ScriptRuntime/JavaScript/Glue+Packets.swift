extension Glue {
    /// Packets: one call of the engine walks a whole batch.
    static let packets = """
        const { toISOString } = DateOf.prototype, prototypeOf = Object.getPrototypeOf;
        // The time is made into text only for the few scripts that look at it.
        //
        // The compiler does without these objects where a hook does not keep them, on two conditions. What the script is
        // not to see stands in private fields, not under symbols. And all fields fit into the object: the library gives it
        // room for the names that it sees assigned in the constructor, which private ones do not count as. The names in
        // the branch that is never taken make room for them.
        class Packet {
            #seconds; #nanoseconds;
            constructor(s, n, captureLength, length, flags) {
                if (flags < 0) this.room1 = this.room2 = 0;
                this.#seconds = s;
                this.#nanoseconds = n;
                this.captureLength = captureLength;
                this.length = length;
                this.truncated = (flags & 1) !== 0;
                this.fragmented = (flags & 2) !== 0;
            }
            // The packet itself, where a script made an object of its own from one.
            static find(packet) {
                while (!(#seconds in packet)) packet = prototypeOf(packet);
                return packet;
            }
            static timestamp(packet) { return timestampOf(packet.#seconds, packet.#nanoseconds); }
        }
        // A packet that knows where it came from, or where that is to be found.
        class RoutedPacket {
            #seconds; #nanoseconds; #origin; #row;
            constructor(s, n, captureLength, length, flags, of, at) {
                if (flags < 0) this.room1 = this.room2 = this.room3 = this.room4 = 0;
                this.#seconds = s;
                this.#nanoseconds = n;
                this.captureLength = captureLength;
                this.length = length;
                this.truncated = (flags & 1) !== 0;
                this.fragmented = (flags & 2) !== 0;
                this.#origin = of;
                this.#row = at;
            }
            static find(packet) {
                while (!(#seconds in packet)) packet = prototypeOf(packet);
                return packet;
            }
            static timestamp(packet) { return timestampOf(packet.#seconds, packet.#nanoseconds); }
            static column(packet, number) { return host.packetColumn(packet.#origin, packet.#row, number); }
        }
        function timestampOf(seconds, nanoseconds) {
            const fraction = toText(1e9 + nanoseconds).slice(1);
            return apply(toISOString, new DateOf(seconds * 1000), []).slice(0, 19) + "." + fraction + "Z";
        }
        function lazy(kind, name, get) {
            defineProperty(kind.prototype, name, {
                get() { return this === kind.prototype ? undefined : get(kind.find(this)); },
                set(value) {
                    defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
                },
                enumerable: true, configurable: true,
            });
        }
        function toObject(names) {
            return function () {
                const out = { timestamp: this.timestamp };
                for (const name of keysOf(this)) out[name] = this[name];
                for (let i = 0; i < names.length; i++) out[names[i]] = this[names[i]];
                return out;
            };
        }
        const columns = host.packetColumns;
        for (const kind of [Packet, RoutedPacket]) {
            lazy(kind, "timestamp", kind.timestamp);
            defineHidden(kind.prototype, "constructor", Object);
            defineHidden(kind.prototype, "toJSON", toObject(kind === Packet ? [] : columns));
        }
        for (let i = 0; i < columns.length; i++)
            lazy(RoutedPacket, columns[i], packet => RoutedPacket.column(packet, i));

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
        // The memory holds doubles: as an integer the row's number makes the loops more than twice as fast.
        function walk(hook, b, count) {
            for (let i = b[0] | 0; i < count; i++) {
                b[0] = i;
                const o = 1 + i * 5;
                hook.call(global, new Packet(b[o], b[o + 1], b[o + 2], b[o + 3], b[o + 4]));
            }
            b[0] = count;
        }
        function walkRouted(hook, b, count, of) {
            for (let i = b[0] | 0; i < count; i++) {
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
            for (let i = b[0] | 0; i < count; i++) {
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
