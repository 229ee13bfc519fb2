extension Glue {
    /// Items: one call of the engine walks a batch, and an item is read when the script first looks at it: member by member
    /// for as long as it asks for members that can be had alone, then whole.
    static let items = """
        const { get: getOf, set: setOf, has: hasOf, getPrototypeOf: prototypeOfItem, setPrototypeOf: setPrototypeOfItem,
            isExtensible, preventExtensions } = Reflect;
        const clock = DateOf.now;
        let decorateItem;
        // Stands for an item until it is read, and behind its proxy for ever.
        class ItemSlot {
            #origin; #row; #item; #members;
            constructor(origin, row) {
                this.#origin = origin;
                this.#row = row;
            }
            static read(slot) {
                let item = slot.#item;
                if (item !== undefined) return item;
                item = host.item(slot.#origin, slot.#row);
                if (typeof item !== "object" || item === null) item = {};
                if (decorateItem !== undefined) decorateItem(item);
                // What the script has of it, it may have changed.
                const members = slot.#members;
                if (members !== undefined) for (const key of ownKeys(members)) item[key] = members[key];
                slot.#origin = slot.#members = undefined;
                slot.#item = item;
                return item;
            }
            static get(slot, key, receiver) {
                if (slot.#item === undefined && typeof key === "string") {
                    let members = slot.#members;
                    if (members === undefined) {
                        const alone = host.itemAlone(slot.#origin, slot.#row);
                        if (alone === undefined) return getOf(read(slot), key, receiver);
                        // A script that keeps it must not keep its whole batch.
                        slot.#origin = alone;
                        members = slot.#members = create(null);
                    }
                    if (key in members) return members[key];
                    const value = host.itemMember(slot.#origin, key);
                    if (value !== undefined) {
                        members[key] = value;
                        if (decorateItem !== undefined && typeof value === "object") decorateItem({ [key]: value });
                        return value;
                    }
                }
                return getOf(read(slot), key, receiver);
            }
            // From here on the slot is the item itself: only so can a proxy's object be fixed in some way.
            static settle(slot) {
                const item = ItemSlot.read(slot);
                if (item === slot) return slot;
                for (const key of ownKeys(item)) defineProperty(slot, key, getOwnPropertyDescriptor(item, key));
                setPrototypeOfItem(slot, prototypeOfItem(item));
                if (!isExtensible(item)) preventExtensions(slot);
                slot.#item = slot;
                return slot;
            }
        }
        const read = ItemSlot.read, settle = ItemSlot.settle;
        const itemTraps = {
            get: ItemSlot.get,
            set(slot, key, value, receiver) { return setOf(read(slot), key, value, receiver); },
            has(slot, key) { return hasOf(read(slot), key); },
            deleteProperty(slot, key) { return deleteProperty(read(slot), key); },
            ownKeys(slot) { return ownKeys(read(slot)); },
            getOwnPropertyDescriptor(slot, key) { return getOwnPropertyDescriptor(read(slot), key); },
            getPrototypeOf(slot) { return prototypeOfItem(read(slot)); },
            setPrototypeOf(slot, prototype) { return setPrototypeOfItem(read(slot), prototype); },
            isExtensible(slot) { return isExtensible(slot); },
            preventExtensions(slot) { return preventExtensions(settle(slot)); },
            defineProperty(slot, key, descriptor) {
                const item = read(slot), old = getOwnPropertyDescriptor(item, key);
                const isLoose = descriptor.configurable === undefined
                    ? old !== undefined && old.configurable : descriptor.configurable;
                return defineProperty(isLoose ? item : settle(slot), key, descriptor);
            },
        };

        // A hook that took longer gives the turn back after it, so that jobs, timers and new versions need not wait for
        // the rest of the batch.
        const longCall = 5;
        // b[0] is the row at work: the engine reads it when it has to stop a row and go on with the next.
        function runItems(number, b, count, origin) {
            const hook = lookups[number]();
            if (hook === undefined) {
                b[0] = count;
                return;
            }
            decorateItem = decorators[number];
            let start = clock();
            while (b[0] < count) {
                try {
                    for (let i = b[0]; i < count; i++) {
                        b[0] = i;
                        hook.call(global, new ProxyOf(new ItemSlot(origin, i), itemTraps));
                        const end = clock();
                        if (end - start >= longCall) {
                            b[0] = i + 1;
                            return;
                        }
                        start = end;
                    }
                    b[0] = count;
                } catch (e) {
                    host.itemFailed(e);
                    b[0]++;
                    start = clock();
                }
            }
        }

        """
}
