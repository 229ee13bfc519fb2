internal import CJavaScriptCore

/// What a script's VM holds of a batch of items, so that items which it keeps can still be read.
final class ItemOrigin: Sendable {
    private let batch: ItemBatch

    private init(_ batch: ItemBatch) { self.batch = batch }

    /// The private data of each is retained, and released when the collector finds the object gone, on whatever thread
    /// that happens.
    ///
    /// nonisolated(unsafe): made once, under the lock of Swift's static initialisers, and constant from then on.
    nonisolated(unsafe) private static let originClass: JSClassRef = {
        var definition = kJSClassDefinitionEmpty
        definition.finalize = { object in
            guard let pointer = JSObjectGetPrivate(object) else { return }
            Unmanaged<ItemOrigin>.fromOpaque(pointer).release()
        }
        return JSClassCreate(&definition)
    }()

    /// An object through which the items of a batch are read. It counts as part of the script's heap.
    static func make(_ batch: ItemBatch, in vm: JavaScriptVM) -> JSValueRef {
        JSReportExtraMemoryCost(vm.context, batch.byteCount)
        return JSObjectMake(vm.context, originClass, Unmanaged.passRetained(ItemOrigin(batch)).toOpaque())
    }

    /// The object that an item is; nil if `origin` is none, or has no such item.
    static func item(of origin: JSValueRef, row: Double, in vm: JavaScriptVM) -> JSValueRef? {
        place(origin, row, vm).flatMap { items, index in vm.make(json: items.json(at: index)) }
    }

    /// One member of an item; nil if it cannot be had alone, or as ``item(of:row:in:)``.
    static func member(_ name: String, of origin: JSValueRef, row: Double, in vm: JavaScriptVM) -> JSValueRef? {
        place(origin, row, vm).flatMap { items, index in
            items.json(of: name, at: index).flatMap { vm.make(json: $0) }
        }
    }

    private static func place(
        _ origin: JSValueRef, _ row: Double, _ vm: JavaScriptVM
    ) -> (items: any CapturedItems, index: Int)? {
        guard JSValueIsObjectOfClass(vm.context, origin, originClass), let pointer = JSObjectGetPrivate(origin),
            let row = Int(exactly: row)
        else { return nil }
        let batch = Unmanaged<ItemOrigin>.fromOpaque(pointer).takeUnretainedValue().batch
        guard row >= 0, row < batch.count else { return nil }
        return (batch.items, batch.range.lowerBound + row)
    }
}
