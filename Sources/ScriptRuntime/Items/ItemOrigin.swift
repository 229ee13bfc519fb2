internal import CJavaScriptCore

/// What a script's VM holds of items that were not read whole, so that those which it keeps can still be read.
final class ItemOrigin: Sendable {
    private enum Source {
        /// Items that nobody has looked at.
        case batch(ItemBatch)
        /// One that is read member by member: what it was captured with can go.
        case alone(any CapturedItem)
    }

    private let source: Source

    private init(_ source: Source) { self.source = source }

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
        make(.batch(batch), batch.byteCount, vm)
    }

    private static func make(_ source: Source, _ byteCount: Int, _ vm: JavaScriptVM) -> JSValueRef {
        JSReportExtraMemoryCost(vm.context, byteCount)
        return JSObjectMake(vm.context, originClass, Unmanaged.passRetained(ItemOrigin(source)).toOpaque())
    }

    private static func source(_ origin: JSValueRef, _ vm: JavaScriptVM) -> Source? {
        guard JSValueIsObjectOfClass(vm.context, origin, originClass), let pointer = JSObjectGetPrivate(origin) else {
            return nil
        }
        return Unmanaged<ItemOrigin>.fromOpaque(pointer).takeUnretainedValue().source
    }

    private static func index(_ row: Double, _ batch: ItemBatch) -> Int? {
        guard let row = Int(exactly: row), row >= 0, row < batch.count else { return nil }
        return batch.range.lowerBound + row
    }

    /// The object that an item is; nil if `origin` is none, or has no such item.
    static func item(of origin: JSValueRef, row: Double, in vm: JavaScriptVM) -> JSValueRef? {
        switch source(origin, vm) {
        case .batch(let batch): index(row, batch).flatMap { vm.make(json: batch.items.json(at: $0)) }
        case .alone(let item): vm.make(json: item.json())
        case nil: nil
        }
    }

    /// An object through which an item of a batch is read member by member; nil if that cannot be done.
    static func alone(_ origin: JSValueRef, row: Double, in vm: JavaScriptVM) -> JSValueRef? {
        guard case .batch(let batch) = source(origin, vm), let index = index(row, batch),
            let item = batch.items.item(at: index)
        else { return nil }
        return make(.alone(item), item.byteCount, vm)
    }

    /// A member of an item that is read member by member; nil if it has none of that name.
    static func member(_ name: String, of origin: JSValueRef, in vm: JavaScriptVM) -> JSValueRef? {
        guard case .alone(let item) = source(origin, vm) else { return nil }
        return item.json(of: name).flatMap { vm.make(json: $0) }
    }
}
