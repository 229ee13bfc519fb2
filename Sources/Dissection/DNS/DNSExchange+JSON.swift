internal import JSON

extension DNSExchange {
    func writeRequest(to writer: inout JSONWriter) {
        guard let request else { return writer.writeNull() }
        writer.beginObject()
        writer.member("opCode", DNSNames.operation(request.opCode))
        writer.key("questions")
        writer.beginArray()
        for question in request.questions {
            writer.beginObject()
            writer.member("name", question.name)
            writer.member("type", DNSNames.type(question.type))
            writer.member("class", DNSNames.classCode(question.classCode))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    func writeResponse(to writer: inout JSONWriter) {
        guard let response else { return writer.writeNull() }
        writer.beginObject()
        writer.member("code", DNSNames.responseCode(response.responseCode))
        for (name, records) in [
            ("answers", response.answers), ("authorities", response.authorities), ("additionals", response.additionals),
        ] {
            writer.key(name)
            writer.beginArray()
            for record in records { record.write(to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }
}

extension DNSRecord {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("type", DNSNames.type(type))
        // In an OPT record class and time to live are the payload size and flags of EDNS.
        writer.member("class", type == 41 ? "\(classCode)" : DNSNames.classCode(classCode))
        writer.key("ttl")
        writer.write(Int64(ttl))
        for name in Self.members { writer.member(name, name == member ? text : "") }
        if member == nil { writer.member("data", text) }
        writer.endObject()
    }
}
