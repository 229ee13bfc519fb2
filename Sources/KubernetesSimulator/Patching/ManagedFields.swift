internal import JSON
internal import Timestamps

/// Who set which field: `metadata.managedFields`.
struct ManagedFields: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        let manager: String
        /// `Apply` or `Update`.
        let operation: String
        let apiVersion: String
        var time: String
        var fields: FieldSet
    }

    var entries: [Entry]

    init(_ metadata: JSONValue) {
        entries = (metadata["managedFields"]?.array ?? []).map { entry in
            Entry(
                manager: entry["manager"]?.string ?? "", operation: entry["operation"]?.string ?? "Update",
                apiVersion: entry["apiVersion"]?.string ?? "", time: entry["time"]?.string ?? "",
                fields: FieldSet(fieldsV1: entry["fieldsV1"] ?? [:]))
        }
    }

    /// What travels; applied fields first, as in the real server.
    var json: JSONValue? {
        let present = entries.filter { !$0.fields.isEmpty }
        let sorted = present.filter { $0.operation == "Apply" } + present.filter { $0.operation != "Apply" }
        if sorted.isEmpty { return nil }
        return .array(
            sorted.map { entry in
                [
                    "manager": .string(entry.manager), "operation": .string(entry.operation),
                    "apiVersion": .string(entry.apiVersion), "time": .string(entry.time), "fieldsType": "FieldsV1",
                    "fieldsV1": entry.fields.fieldsV1,
                ]
            })
    }

    /// The fields of one manager.
    func fields(of manager: String, _ operation: String) -> FieldSet {
        entries.first { $0.manager == manager && $0.operation == operation }?.fields ?? FieldSet()
    }

    /// Sets the fields of one manager.
    mutating func set(
        _ fields: FieldSet, of manager: String, _ operation: String, _ apiVersion: String, at time: Timestamp
    ) {
        if let index = entries.firstIndex(where: { $0.manager == manager && $0.operation == operation }) {
            if entries[index].fields == fields { return }
            entries[index].fields = fields
            entries[index].time = time.description
            return
        }
        entries.append(
            Entry(
                manager: manager, operation: operation, apiVersion: apiVersion, time: time.description, fields: fields))
    }

    /// Takes fields away from every manager but one.
    mutating func remove(_ fields: FieldSet, exceptOf manager: String, _ operation: String) {
        for i in entries.indices where entries[i].manager != manager || entries[i].operation != operation {
            entries[i].fields = entries[i].fields.subtracting(fields)
        }
    }
}

extension ManagedFields {
    /// The new object, with what changed recorded as its writer's.
    static func recordingUpdate(
        of old: JSONValue?, to new: JSONValue, by manager: String, _ resource: Resource,
        _ now: Timestamp
    ) -> JSONValue {
        let oldFields = old.map { FieldSet(of: $0, .included) } ?? FieldSet()
        let newFields = FieldSet(of: new, .included)
        let changed = newFields.subtracting(oldFields).union(
            newFields.intersection(oldFields).differences(old, new))
        let removed = oldFields.subtracting(newFields)
        var managed = ManagedFields(new.metadata)
        if changed.isEmpty && removed.isEmpty { return new }
        managed.remove(changed.union(removed), exceptOf: manager, "Update")
        let own = managed.fields(of: manager, "Update").subtracting(removed).union(changed)
        managed.set(own, of: manager, "Update", resource.apiVersion, at: now)
        var result = new
        result.metadata["managedFields"] = managed.json
        return result
    }
}
