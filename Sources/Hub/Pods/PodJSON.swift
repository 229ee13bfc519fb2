internal import JSON

/// A pod's JSON text as scripts get it: without `managedFields`, half of a typical pod and of use to nobody.
enum PodJSON {
    static func stripped(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        do {
            var reader = JSONReader(bytes)
            var writer = JSONWriter(reserving: bytes.count)
            writer.beginObject()
            try reader.beginObject()
            while let key = try reader.nextMember() {
                writer.key(key.string)
                if key == "metadata" {
                    try copyMetadata(&reader, &writer)
                } else {
                    writer.writeRaw(try reader.readRaw())
                }
            }
            writer.endObject()
            return writer.bytes
        } catch {
            return nil
        }
    }

    private static func copyMetadata(_ reader: inout JSONReader, _ writer: inout JSONWriter) throws(JSONError) {
        writer.beginObject()
        try reader.beginObject()
        while let key = try reader.nextMember() {
            if key == "managedFields" {
                try reader.skipValue()
                continue
            }
            writer.key(key.string)
            writer.writeRaw(try reader.readRaw())
        }
        writer.endObject()
    }
}
