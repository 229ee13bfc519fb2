internal import CurlTransport
internal import Integrations
internal import JSON
internal import ScriptRuntime

/// `vendor.s3`, `vendor.gcs`, `vendor.azure`: files of the data folder into buckets, under `<node>_<ip>/`.
struct StorageHelpers: Sendable {
    let context: HelperContext
    let folder: DataFolder
    let s3: S3
    let gcs: CloudStorage
    let azure: BlobStorage
    let settings: IntegrationSettings

    init(_ context: HelperContext, _ folder: DataFolder, _ http: HTTPClient, _ aws: AWSClient) {
        self.context = context
        self.folder = folder
        s3 = S3(aws)
        gcs = CloudStorage(http)
        azure = BlobStorage(http)
        settings = http.settings
    }

    var all: [Helper] {
        [
            .calling("vendor.s3.put") { call in
                let arguments = try S3Arguments(put: call)
                if arguments.isOldOrder {
                    call.console(
                        .output,
                        "vendor.s3.put: arguments in the order region, keyID, accessKey, bucket, path are deprecated: use bucket, path, region, keyID, accessKey"
                    )
                }
                let (file, name) = try folder.upload(arguments.path)
                let key = context.remoteFolder + name
                let url = try await s3.put(
                    file, key: key, contentType: ContentType.sniff(file), in: arguments.target)
                call.console(.output, "Uploaded \(key) file to AWS S3 bucket: \(arguments.target.bucket)")
                return .json(.string(url))
            },
            .calling("vendor.s3.clear") { call in
                let target = try S3Arguments.clear(call)
                _ = try await s3.clear(prefix: context.remoteFolder, in: target)
                call.console(
                    .output, "Deleted all files under \(context.remoteFolder) in AWS S3 bucket: \(target.bucket)")
                return .undefined
            },
            .calling("vendor.gcs.put") { call in
                let bucket = try call.text(0, "bucket")
                let key = try googleKey(call, 2)
                let (file, name) = try folder.upload(try call.text(1, "path"))
                let object = context.remoteFolder + name
                let url = try await gcs.put(
                    file, name: object, contentType: ContentType.sniff(file), bucket: bucket, key: key)
                call.console(.output, "Uploaded \(object) file to GCS bucket: \(bucket)")
                return .json(.string(url))
            },
            .calling("vendor.gcs.clear") { call in
                let bucket = try call.text(0, "bucket")
                _ = try await gcs.clear(prefix: context.remoteFolder, bucket: bucket, key: try googleKey(call, 1))
                call.console(.output, "Deleted all files under \(context.remoteFolder) in GCS bucket: \(bucket)")
                return .undefined
            },
            .calling("vendor.azure.put") { call in
                let container = try call.text(0, "container")
                let account = try AzureAccount(
                    name: call.filledText(2), key: call.filledText(3), connectionString: call.filledText(4),
                    settings: settings)
                let (file, name) = try folder.upload(try call.text(1, "path"))
                let blob = context.remoteFolder + name
                let url = try await azure.put(
                    file, name: blob, contentType: ContentType.sniff(file), container: container, account: account)
                call.console(.output, "Uploaded \(blob) file to Azure container: \(container)")
                return .json(.string(url))
            },
        ]
    }

    /// The key's object or text; without one the process's own identity.
    private func googleKey(_ call: HelperCall, _ index: Int) throws -> GoogleKey? {
        guard let value = call.value(index), !value.isNull, value != "" else { return nil }
        return try GoogleKey(value)
    }
}

/// The arguments of `vendor.s3`, in today's order or in the one before November 2023.
struct S3Arguments {
    let target: S3.Target
    let path: String
    let isOldOrder: Bool

    /// Old: `(region, keyID, accessKey, bucket, path)`, exactly five. It is meant if the first argument reads like a region
    /// and the third does not, so that a bucket may be called `us-east-1`.
    init(put call: HelperCall) throws {
        isOldOrder =
            call.arguments.count == 5 && Self.isRegion(call.optionalText(0)) && !Self.isRegion(call.optionalText(2))
        if isOldOrder {
            target = S3.Target(
                bucket: try call.text(3, "bucket"), region: try call.text(0, "region"),
                keys: try AWSClient.keys(call.filledText(1), call.filledText(2)))
            path = try call.text(4, "path")
        } else {
            target = S3.Target(
                bucket: try call.text(0, "bucket"), region: try call.text(2, "region"),
                keys: try AWSClient.keys(call.filledText(3), call.filledText(4)))
            path = try call.text(1, "path")
        }
    }

    /// `(region, keyID, accessKey, bucket)`, or `(bucket, region, keyID?, accessKey?)` by the same test.
    static func clear(_ call: HelperCall) throws -> S3.Target {
        if isRegion(call.optionalText(0)), !isRegion(call.optionalText(1)) {
            return S3.Target(
                bucket: try call.text(3, "bucket"), region: try call.text(0, "region"),
                keys: try AWSClient.keys(call.filledText(1), call.filledText(2)))
        }
        return S3.Target(
            bucket: try call.text(0, "bucket"), region: try call.text(1, "region"),
            keys: try AWSClient.keys(call.filledText(2), call.filledText(3)))
    }

    private static func isRegion(_ text: String?) -> Bool { text.map(AWSRegion.looksLikeOne) ?? false }
}
