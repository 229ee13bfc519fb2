internal import JSON

/// `wrapper.kflPcapS3`: what matches a filter, as capture files in S3.
extension HelperPreludes {
    /// Every 30 s the streams that matched since are copied into a folder of their query, since their packets may be gone
    /// an hour later; when enough time has passed or enough streams matched, the folder becomes one archive.
    static func recordingSource(_ context: HelperContext) -> String {
        let constants: JSONValue = [
            "run": .string(context.runID), "node": .string(context.visibleNodeName),
            "worker": .string(context.workerName),
        ]
        return """
            (function (kit) {
                "use strict";
                const process = \(constants.description);
                \(recordingBody)
            })
            """
    }

    private static let recordingBody = """
        const { stringify } = JSON, { isArray } = Array, { keys } = Object, toText = String, DateOf = Date, SetOf = Set;
        const ErrorOf = Error, { floor } = Math, world = globalThis, { jobs, console } = world;
        const file = {};
        for (const name of ["write", "mkdir", "move", "delete", "tar", "list", "temp", "mkdirTemp"])
            file[name] = kit.host("file." + name);
        const put = kit.host("vendor.s3.put"), clear = kit.host("vendor.s3.clear");
        const slack = kit.host("vendor.slack"), slackBot = kit.host("vendor.slackBot");
        const prefix = "kflPcapS3_", pendingLimit = 10;
        let recorder;

        const now = () => DateOf.now(), second = () => floor(now() / 1000);
        function attempt(what, f) {
            try { return f(); } catch (e) { console.error("kflPcapS3: " + what + ": " + (e && e.message || e)); }
        }
        // A number of a parameter that may be a text from env.
        const number = (value, standard) => value === undefined || value === null || value === "" || isNaN(+value) ? standard : +value;

        function Recorder(params) {
            const env = world.env || {};
            const set = name => params[name] !== undefined && params[name] !== null && params[name] !== "";
            this.bucket = set("s3Bucket") ? params.s3Bucket : env.S3_BUCKET;
            this.region = set("awsRegion") ? params.awsRegion : env.AWS_REGION;
            this.keyID = set("awsAccessKeyId") ? params.awsAccessKeyId : env.AWS_ACCESS_KEY_ID;
            this.secret = set("awsSecretAccessKey") ? params.awsSecretAccessKey : env.AWS_SECRET_ACCESS_KEY;
            if (!this.bucket || !this.region) throw new ErrorOf("wrapper.kflPcapS3: s3Bucket or awsRegion is missing");
            this.webhook = params.slackWebhook;
            this.token = params.slackAuthToken;
            this.channel = params.slackChannelId || params.slackAuthChannelId;
            this.verbose = !!params.verbose;
            this.maxAge = number(params.maxMinutes, 60) * 60000;
            this.maxStreams = number(params.maxL4Streams, 100000);
            this.pending = [];
            this.log = [];
            this.logUploaded = now();
            this.queries = [];
            const validate = kit.host("kfl.validate");
            params.kflArr.forEach((query, index) => {
                if (validate && !validate(query, true))
                    return console.error("kflPcapS3: query " + index + " is no KFL and is skipped: " + query);
                this.queries.push({ index, query: toText(query), fresh: new SetOf(), count: 0, names: [], since: now() });
            });
        }

        Recorder.prototype.see = function (data) {
            const match = kit.host("kfl.match");
            for (const query of this.queries)
                if (typeof data.stream === "string" && data.stream !== "" && match(query.query, data)) query.fresh.add(data.stream);
        };

        // Copies what matched since the last time.
        Recorder.prototype.collect = function (query) {
            if (query.fresh.size === 0) return;
            const streams = [...query.fresh];
            query.fresh.clear();
            if (!query.folder) query.folder = file.mkdirTemp(prefix + process.run + "_" + query.index + "_", "");
            const part = kit.host("pcap.snapshot")(streams);
            file.move(part, query.folder + "/part_" + query.names.length + "_" + part);
            query.names.push(part);
            query.count += streams.length;
            query.streams = (query.streams || []).concat(streams);
        };

        Recorder.prototype.archive = function (query) {
            const time = second(), merged = kit.host("pcap.snapshot")([], query.folder);
            const history = kit.host("pcap.nameResolutionHistory");
            const folder = file.mkdirTemp("kfl_" + query.index + "_", "");
            file.move(merged, folder);
            file.write(folder + "/name_resolution_history.json", stringify(history ? history() : {}));
            file.write(folder + "/content.json", stringify({
                pcap_file_name: merged, time: new DateOf().toUTCString(), kfl_index: query.index, kfl_query: query.query,
                l4_streams: query.streams, node: process.node, worker: process.worker,
                from: new DateOf(query.since).toISOString(), to: new DateOf().toISOString(),
            }));
            const name = "kfl_" + query.index + "_kubeshark_" + time + ".tar.gz";
            file.move(file.tar(folder), name);
            file.delete(folder);
            file.delete(query.folder);
            if (this.pending.length >= pendingLimit) {
                const lost = this.pending.shift();
                console.error("kflPcapS3: " + lost.name + " could not be uploaded and is given up");
                file.delete(lost.name);
            }
            this.pending.push({ name, index: query.index, query: query.query, count: query.count, from: query.since, to: now() });
            query.folder = undefined;
            query.streams = [];
            query.names = [];
            query.count = 0;
            query.since = now();
        };

        Recorder.prototype.put = function (name) { return put(this.bucket, name, this.region, this.keyID, this.secret); };

        // Whatever fails stays and is tried again in half a minute.
        Recorder.prototype.upload = function () {
            while (this.pending.length > 0) {
                const entry = this.pending[0];
                const url = attempt("upload of " + entry.name, () => this.put(entry.name));
                if (url === undefined) return;
                this.pending.shift();
                file.delete(entry.name);
                this.log.push({ file: entry.name, s3_url: url, time: new DateOf().toUTCString(), kfl_index: entry.index, kfl_query: entry.query });
                if (this.log.length > 10000) this.log.shift();
                this.tell(entry, url);
            }
        };

        Recorder.prototype.tell = function (entry, url) {
            const text = "Location: " + url + "\\nStreams: " + entry.count + "\\nKFL: " + entry.query + "\\nFrom: "
                + new DateOf(entry.from).toISOString() + "\\nTo: " + new DateOf(entry.to).toISOString();
            if (this.verbose) console.log("kflPcapS3: " + text);
            if (this.webhook) attempt("Slack", () => slack(this.webhook, "New PCAP file", text, "#00ff00"));
            if (this.token && this.channel)
                attempt("Slack", () => slackBot(this.token, this.channel, "New PCAP file", text, "#00ff00"));
        };

        Recorder.prototype.uploadLog = function () {
            if (this.log.length === 0 || now() - this.logUploaded < 3600000) return;
            this.logUploaded = now();
            attempt("upload of the log", () => {
                if (!this.logName) this.logName = file.temp("kflPcapS3_log_", "", "json");
                file.write(this.logName, stringify(this.log));
                this.put(this.logName);
            });
        };

        Recorder.prototype.tick = function () {
            for (const query of this.queries) {
                attempt("query " + query.index, () => this.collect(query));
                const isDue = query.count > this.maxStreams || now() - query.since >= this.maxAge;
                if (isDue && query.count > 0) attempt("archive of query " + query.index, () => this.archive(query));
            }
            this.upload();
            this.uploadLog();
        };

        // What an earlier run of the process had collected and could not archive.
        Recorder.prototype.uploadAbandoned = function () {
            for (const entry of file.list("")) {
                if (entry.indexOf(prefix) !== 0 || entry.slice(-1) !== "/" || entry.indexOf(prefix + process.run + "_") === 0) continue;
                attempt("upload of " + entry, () => {
                    const folder = entry.slice(0, -1), name = "abandoned_" + folder + ".tar.gz";
                    file.move(file.tar(folder), name);
                    this.put(name);
                    file.delete(name);
                    file.delete(folder);
                });
            }
        };

        // All that is kept of the traffic, with the names of its addresses, as one archive in the bucket.
        kit.define("wrapper.pcapSnapshot", function (region, keyID, accessKey, bucket) {
            const snapshot = kit.host("pcap.snapshot"), history = kit.host("pcap.nameResolutionHistory");
            if (!snapshot) throw new ErrorOf("pcap helpers are only available on workers");
            const folder = file.mkdirTemp("snapshot_", ""), name = folder + ".tar.gz";
            try {
                file.move(snapshot(), folder);
                file.write(folder + "/name_resolution_history.json", stringify(history ? history() : {}));
                file.move(file.tar(folder), name);
                return put(bucket, name, region, keyID, accessKey);
            } finally {
                file.delete(folder);
                file.delete(name);
            }
        });

        kit.define("wrapper.kflPcapS3", function (data, params) {
            if (typeof params !== "object" || params === null || !isArray(params.kflArr))
                throw new TypeError("wrapper.kflPcapS3: argument 2 (params) has no array kflArr");
            if (params.active === false) return;
            if (!kit.host("pcap.snapshot")) throw new ErrorOf("pcap helpers are only available on workers");
            if (!kit.host("kfl.match")) throw new ErrorOf("wrapper.kflPcapS3: kfl.match is not available here");
            if (!recorder) {
                recorder = new Recorder(params);
                let isFirst = true;
                jobs.schedule("kfl-pcap-s3", "*/30 * * * * *", function () {
                    if (isFirst) {
                        isFirst = false;
                        if (params.clear) attempt("clear", () =>
                            clear(recorder.bucket, recorder.region, recorder.keyID, recorder.secret));
                        recorder.uploadAbandoned();
                    }
                    recorder.tick();
                });
            }
            recorder.see(data);
        });
        """
}
