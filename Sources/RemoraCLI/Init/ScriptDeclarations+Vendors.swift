extension ScriptDeclarations {
    static let vendors = """
        declare namespace Remora {
            /**
             * A helper that calls out. It waits, and returns the result or throws; `later` takes the same arguments and
             * returns at once: false if too many calls wait already, and the call was dropped. For hooks that are hot.
             */
            type Call<F extends (...args: any[]) => any> = F & { later(...args: Parameters<F>): boolean };
            /** A point for InfluxDB; `time` in milliseconds. */
            interface Point { measurement: string; fields: object; tags?: object; time?: number }
            /** Which elements a service did not take, by their index. */
            interface Refused { index: number; status?: number; code?: string; reason?: string; message?: string }
            interface PlacedRecord { status: number; shardId: string; sequenceNumber: string; encryptionType: string }
            interface OTLPOptions { headers?: { [name: string]: string }; resource?: { [attribute: string]: any } }
        }

        declare var vendor: {
            /**
             * Sends an HTTP request and returns the body of the answer, whatever its status. Waits for it.
             *
             * `body`: "" or none for no body; an object is sent as JSON.
             */
            webhook: Remora.Call<(method: string, url: string, body?: any, headers?: { [name: string]: string }) => string>;
            /** Sends fields as a form: multipart, or with the fourth argument "urlencoded". Returns the body of the answer. */
            webhookForm: Remora.Call<(method: string, url: string, fields: { [name: string]: string }, encoding?: "urlencoded") => string>;
            /** Sends an HTTP request and returns status, headers and body of the answer. */
            request: Remora.Call<(method: string, url: string, options?: {
                headers?: { [name: string]: string };
                body?: any;
                timeoutMs?: number;
                form?: { [name: string]: string };
            }) => { status: number; headers: { [name: string]: string }; body: string }>;
            /** Posts to a Slack incoming webhook. `color`: "#rrggbb", "good", "warning" or "danger". */
            slack: Remora.Call<(webhookUrl: string, pretext: string, text: string, color: string) => void>;
            /** Posts as a Slack bot, with fields and files (name → path in the data directory). */
            slackBot: Remora.Call<(token: string, channelID: string, pretext: string, text: string, color: string,
                fields?: { [name: string]: string }, files?: { [name: string]: string }) => void>;
            /** Writes one point to InfluxDB 2, with the time of now. Fields and tags: name → text, number or boolean. */
            influxdb: Remora.Call<(url: string, token: string, organization: string, bucket: string, measurement: string,
                data: object, tags?: object) => void> & {
                /** Writes many points by few requests. */
                writeAll: Remora.Call<(url: string, token: string, organization: string, bucket: string,
                    points: Remora.Point[]) => void>;
            };
            /** Indexes a document in Elasticsearch and returns its id. `url` may be "" with a `cloudID`. */
            elastic: Remora.Call<(url: string, index: string, data: any, username?: string, password?: string, cloudID?: string,
                apiKey?: string, serviceToken?: string, certificateFingerprint?: string) => string> & {
                /** Indexes many documents; tells which were refused, whose id is null. */
                bulk: Remora.Call<(url: string, index: string, documents: object[], username?: string, password?: string,
                    cloudID?: string, apiKey?: string, serviceToken?: string, certificateFingerprint?: string) =>
                    { ids: (string | null)[]; failed: Remora.Refused[] }>;
            };
            kinesis: {
                /** Puts a record; without keys the process's own AWS credentials are used. */
                put: Remora.Call<(stream: string, payload: any, region: string, keyID?: string, secretKey?: string) => Remora.PlacedRecord>;
                /** Puts many records by few requests; what the stream refuses for a moment is sent again. */
                putAll: Remora.Call<(stream: string, payloads: any[], region: string, keyID?: string, secretKey?: string) =>
                    { records: (Remora.PlacedRecord | null)[]; failed: Remora.Refused[] }>;
            };
            s3: {
                /** Uploads a file of the data directory and returns its URL. Without keys: the process's own credentials. */
                put: Remora.Call<(bucket: string, path: string, region: string, keyID?: string, accessKey?: string) => string>;
                /** Deletes everything that this node uploaded. Or `(bucket, region)`, with the process's own credentials. */
                clear: Remora.Call<(region: string, keyID: string, accessKey?: string, bucket?: string) => void>;
            };
            gcs: {
                /** Uploads a file of the data directory to Google Cloud Storage and returns its URL. */
                put: Remora.Call<(bucket: string, path: string, serviceAccountKey?: object | string) => string>;
                clear: Remora.Call<(bucket: string, serviceAccountKey?: object | string) => void>;
            };
            azure: {
                /** Uploads a file of the data directory to Azure Blob Storage and returns its URL. */
                put: Remora.Call<(container: string, path: string, accountName?: string, accountKey?: string,
                    connectionString?: string) => string>;
            };
            /** To an OpenTelemetry collector, by OTLP over HTTP. `url` "" for that of OTEL_EXPORTER_OTLP_ENDPOINT. */
            otlp: {
                /** Log records: texts, or objects with body, severity, time, attributes, traceId, spanId. */
                logs: Remora.Call<(url: string, records: any, options?: Remora.OTLPOptions) => void>;
                /** Points: objects with name, value, and if wanted unit, attributes, time, and type "counter". */
                metrics: Remora.Call<(url: string, points: any, options?: Remora.OTLPOptions) => void>;
                /** Spans: objects with name, start, end (ms), and if wanted traceId, spanId, parentSpanId, kind, attributes, error. */
                traces: Remora.Call<(url: string, spans: any, options?: Remora.OTLPOptions) => void>;
            };
        };

        """

    static let files = """
        /** Files in the data directory of the process; all paths are relative to it. */
        declare var file: {
            /** Writes a text; the folder must exist. */
            write(path: string, content: string): void;
            append(path: string, content: string): void;
            /** Renames; into `newPath` if that is a folder. */
            move(oldPath: string, newPath: string): void;
            copy(source: string, destination: string): void;
            /** Deletes a file or a folder with its content; nothing happens if there is none. */
            delete(path: string): void;
            /** Makes a folder, and those above it. */
            mkdir(path: string): void;
            /** Makes a new folder whose name begins with `name`, and returns its path. */
            mkdirTemp(name?: string, dir?: string): string;
            /** Makes a new empty file and returns its path. */
            temp(name: string, dir: string, extension: string): string;
            /** Packs a folder into a new archive in the data directory, and returns its name. */
            tar(dir: string): string;
            read(path: string): string;
            exists(path: string): boolean;
            list(dir: string): string[];
            /** Bytes of a file. */
            size(path: string): number;
        };

        /** Captured packets. Workers only. */
        declare var pcap: {
            /** The path of a stream's capture file, for other helpers. */
            path(stream: string, context?: string): string;
            /**
             * Writes one capture file and returns its name.
             *
             * @param selected Streams (`data.stream`); none or [] for all. A text is taken for `dir`. An object says which
             * packets are meant; all that it says must apply.
             * @param dir A folder with capture files, instead of what is being captured.
             */
            snapshot(selected?: string[] | string | {
                /** Unix milliseconds as `Date.now()`, or a time as 2023-11-14T22:13:20Z. */
                from?: number | string;
                to?: number | string;
                stream?: string;
                streams?: string[];
                /** From or to these addresses. */
                ip?: string | string[];
                /** From or to this pod, `name` or `namespace/name`. */
                pod?: string;
                namespace?: string;
                /** Of flows in which an item matches. */
                kfl?: string;
                format?: "auto" | "pcapng";
            }, dir?: string): string;
            /** Which name each address had, by the second since which it had it. */
            nameResolutionHistory(): { [second: string]: { [address: string]: { FullAddress: string; Namespace: string } } };
        };

        """
}
