internal import JSON
internal import Timestamps

/// The tables that `kubectl get` prints: the server decides on columns and cells.
enum Table {
    static func json(
        _ objects: [StoredObject], _ resource: Resource, _ rowObject: Representation.RowObject, metadata: JSONValue,
        now: Timestamp
    ) -> JSONValue {
        [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
            "columnDefinitions": .array(columnDefinitions(resource)),
            "rows": .array(objects.map { row($0.value, resource, rowObject, now: now) }),
        ]
    }

    private static func columnDefinitions(_ resource: Resource) -> [JSONValue] {
        let name = Resource.Column(name: "Name", type: "string", priority: 0)
        let age = Resource.Column(name: "Age", type: "string", priority: 0)
        let shown = resource.columns.filter { $0.priority == 0 }
        let wide = resource.columns.filter { $0.priority > 0 }
        return ([name] + shown + [age] + wide).map { column in
            [
                "name": .string(column.name), "type": .string(column.type),
                "format": column.name == "Name" ? "name" : "", "description": "",
                "priority": .integer(column.priority),
            ]
        }
    }

    private static func row(
        _ object: JSONValue, _ resource: Resource, _ rowObject: Representation.RowObject, now: Timestamp
    ) -> JSONValue {
        let shown = resource.columns.filter { $0.priority == 0 }
        let wide = resource.columns.filter { $0.priority > 0 }
        let cell = { (column: Resource.Column) in TableCell.value(of: column.name, object, resource) }
        let age = Age.text(since: object.metadata["creationTimestamp"]?.string, now: now)
        let name: JSONValue = object.metadata["name"] ?? ""
        var row: JSONValue = ["cells": .array([name] + shown.map(cell) + [.string(age)] + wide.map(cell))]
        switch rowObject {
        case .none: break
        case .metadata: row["object"] = Representation.partial(object)
        case .object: row["object"] = object
        }
        return row
    }
}
