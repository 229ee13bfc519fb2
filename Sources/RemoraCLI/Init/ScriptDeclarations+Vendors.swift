extension ScriptDeclarations {
    static let vendors = """
        declare var vendor: {
            /**
             * Sends an HTTP request and returns the body of the answer, whatever its status. Waits for it.
             *
             * @param body "" or none for no body; an object is sent as JSON.
             */
            webhook(method: string, url: string, body?: any, headers?: { [name: string]: string }): string;
            /** Sends fields as a form: multipart, or with the fourth argument "urlencoded". Returns the body of the answer. */
            webhookForm(method: string, url: string, fields: { [name: string]: string }, encoding?: "urlencoded"): string;
            /** Sends an HTTP request and returns status, headers and body of the answer. */
            request(method: string, url: string, options?: {
                headers?: { [name: string]: string };
                body?: any;
                timeoutMs?: number;
                form?: { [name: string]: string };
            }): { status: number; headers: { [name: string]: string }; body: string };
            /** Posts to a Slack incoming webhook. `color`: "#rrggbb", "good", "warning" or "danger". */
            slack(webhookUrl: string, pretext: string, text: string, color: string): void;
            /** Posts as a Slack bot, with fields and files (name → path in the data directory). */
            slackBot(token: string, channelID: string, pretext: string, text: string, color: string,
                fields?: { [name: string]: string }, files?: { [name: string]: string }): void;
            /** Writes one point to InfluxDB 2, with the time of now. Fields and tags: name → text, number or boolean. */
            influxdb(url: string, token: string, organization: string, bucket: string, measurement: string,
                data: object, tags?: object): void;
            /** Indexes a document in Elasticsearch and returns its id. `url` may be "" with a `cloudID`. */
            elastic(url: string, index: string, data: any, username?: string, password?: string, cloudID?: string,
                apiKey?: string, serviceToken?: string, certificateFingerprint?: string): string;
            kinesis: {
                /** Puts a record; without keys the process's own AWS credentials are used. */
                put(stream: string, payload: any, region: string, keyID?: string, secretKey?: string):
                    { status: number; shardId: string; sequenceNumber: string; encryptionType: string };
            };
            s3: {
                /** Uploads a file of the data directory and returns its URL. Without keys: the process's own credentials. */
                put(bucket: string, path: string, region: string, keyID?: string, accessKey?: string): string;
                /** Deletes everything that this node uploaded. */
                clear(region: string, keyID: string, accessKey: string, bucket: string): void;
            };
            gcs: {
                /** Uploads a file of the data directory to Google Cloud Storage and returns its URL. */
                put(bucket: string, path: string, serviceAccountKey?: object | string): string;
                clear(bucket: string, serviceAccountKey?: object | string): void;
            };
            azure: {
                /** Uploads a file of the data directory to Azure Blob Storage and returns its URL. */
                put(container: string, path: string, accountName?: string, accountKey?: string, connectionString?: string): string;
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
             * @param selected Streams (`data.stream`); none or [] for all. A text is taken for `dir`.
             * @param dir A folder with capture files, instead of what is being captured.
             */
            snapshot(selected?: string[] | string, dir?: string): string;
            /** Which name each address had, by the second since which it had it. */
            nameResolutionHistory(): { [second: string]: { [address: string]: { FullAddress: string; Namespace: string } } };
        };

        """
}
