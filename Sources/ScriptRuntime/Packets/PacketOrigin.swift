internal import CJavaScriptCore

/// What a script's VM holds of a batch of packets, so that packets that it keeps can still tell where they came from.
///
/// The batch's memory is shared with all other scripts. Only what is read becomes a JavaScript value.
final class PacketOrigin: Sendable {
    /// The members of `info` that are read here, by their numbers.
    static let columns = ["srcIp", "dstIp", "srcPort", "dstPort", "proto", "interface"]

    private let batch: PacketBatch

    private init(_ batch: PacketBatch) { self.batch = batch }

    /// The private data of each is retained, and released when the collector finds the object gone, on whatever thread
    /// that happens.
    ///
    /// nonisolated(unsafe): made once, under the lock of Swift's static initialisers, and constant from then on.
    nonisolated(unsafe) private static let originClass: JSClassRef = {
        var definition = kJSClassDefinitionEmpty
        definition.finalize = { object in
            guard let pointer = JSObjectGetPrivate(object) else { return }
            Unmanaged<PacketOrigin>.fromOpaque(pointer).release()
        }
        return JSClassCreate(&definition)
    }()

    /// An object through which the packets of a batch are found. It counts as part of the script's heap.
    static func make(_ batch: PacketBatch, in vm: JavaScriptVM) -> JSValueRef {
        JSReportExtraMemoryCost(vm.context, batch.byteCount)
        return JSObjectMake(vm.context, originClass, Unmanaged.passRetained(PacketOrigin(batch)).toOpaque())
    }

    /// A member of a packet; nil if it is not known, or `origin` is none.
    static func value(of origin: JSValueRef, row: Double, column: Double, in vm: JavaScriptVM) -> JSValueRef? {
        guard JSValueIsObjectOfClass(vm.context, origin, originClass), let pointer = JSObjectGetPrivate(origin),
            let row = Int(exactly: row), let column = Int(exactly: column)
        else { return nil }
        let batch = Unmanaged<PacketOrigin>.fromOpaque(pointer).takeUnretainedValue().batch
        if column == 5 { return batch.interface.map { vm.make($0) } }
        guard batch.routes.indices.contains(row) else { return nil }
        let route = batch.routes[row]
        switch column {
        case 0: return route.source.map { vm.make($0.description) }
        case 1: return route.destination.map { vm.make($0.description) }
        case 2: return route.sourcePort.map { vm.make(Int($0)) }
        case 3: return route.destinationPort.map { vm.make(Int($0)) }
        case 4: return route.protocolName.map { vm.make($0) }
        default: return nil
        }
    }
}
