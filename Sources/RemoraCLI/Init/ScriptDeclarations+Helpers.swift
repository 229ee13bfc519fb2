extension ScriptDeclarations {
    static let helpers = """
        // ---- Helpers. One that fails throws an Error; `code` and, for HTTP, `status` and `body` tell more.

        declare namespace Remora {
            /** What a helper throws. */
            interface HelperError extends Error {
                /** A short stable word: "ENOENT", "HTTP_STATUS", "TIMEOUT", "KFL_SYNTAX", … */
                code?: string;
                /** The status of an HTTP answer. */
                status?: number;
                /** The first 4 KiB of an HTTP answer. */
                body?: string;
            }
        }

        /** The values of `scripting.env`; `{}` if there are none. Each is a global of its own as well. */
        declare var env: { [name: string]: any };

        declare var console: {
            /** Prints the arguments, joined by spaces, as one message. Objects are shown as JSON. */
            log(...values: any[]): void;
            /** Prints an error line. */
            error(...values: any[]): void;
            /** Makes viewers drop earlier lines of this script from this process. */
            clear(): void;
            /** The same as `log`. */
            info(...values: any[]): void;
            /** The same as `log`. */
            warn(...values: any[]): void;
            /** The same as `log`. */
            debug(...values: any[]): void;
        };

        declare var test: {
            /** Marks an item as passed and returns it: `return test.pass(data)` in `onItemQueried`. */
            pass<T extends object>(data: T): T;
            /** Marks an item as failed and returns it; stronger than passed. */
            fail<T extends object>(data: T): T;
        };

        /** Calls a function once after a time. Timers end with their script. */
        declare function setTimeout(callback: (...args: any[]) => void, milliseconds?: number, ...args: any[]): number;
        declare function clearTimeout(id: number): void;
        /** Calls a function again and again. */
        declare function setInterval(callback: (...args: any[]) => void, milliseconds?: number, ...args: any[]): number;
        declare function clearInterval(id: number): void;

        declare var jobs: {
            /**
             * Runs a function by the clock, in UTC; replaces the script's job of the same tag.
             *
             * @param tag A name; small letters, with "-" for spaces.
             * @param cron Six fields, seconds first: "0 0/5 * * * *"; or "@hourly", "@daily", "@every 90s", …
             * @param task The function. While it waits in a helper, hooks of the script run.
             * @param limit The most runs; 0 or none for unlimited.
             * @param args What the function gets.
             */
            schedule(tag: string, cron: string, task: (...args: any[]) => void, limit?: number, ...args: any[]): void;
            /** Removes a job; throws if there is none. */
            remove(tag: string): void;
            /** Removes all jobs of the process, also those of other scripts. */
            removeAll(): void;
            /** The tags of all jobs of the process. */
            list(): string[];
            /** Runs a job now; counts toward its limit. */
            run(tag: string): void;
            /** Runs each job now. */
            runAll(): void;
            scheduler: {
                isRunning(): boolean;
                /** Lets the clock trigger jobs again. */
                start(): void;
                /** Ends that, and returns at once. */
                stop(): void;
            };
        };

        declare var hub: {
            /** Sends a copy of an object (by JSON, at most 1 MiB) to `onHubAction` of all scripts on the hub. */
            action(action: string, object?: any): void;
            /** The pods whose traffic is captured, as JSON text: `{"targets":[pod, …],"excluded":[pod, …]}`. */
            targeted(): string;
            /** Cuts a pod off by a network policy. Only where the cluster's settings allow it. */
            blockPod(name: string, namespace: string): void;
        };

        declare var utils: {
            /** The node's name, or "hub". */
            nodeName(): string;
            /** What tells this worker from others on its node: `namespace/pod`. */
            workerName(): string;
            /** YAML of a JSON text, or of an object. */
            json2Yaml(json: string | object): string;
        };

        declare var kfl: {
            /** Whether an item is one of those that a filter describes. Throws if the filter is wrong. */
            match(query: string, data: object): boolean;
            /** Whether a filter is well formed; prints what is wrong unless `quiet`. */
            validate(query: string, quiet?: boolean): boolean;
        };

        declare var prometheus: {
            /**
             * Sets a series of the process's metrics to a value. Totals are kept by the script.
             *
             * @param type 1: counter, 2: gauge.
             */
            vector(name: string, description: string, type: number, value: number, labels: { [name: string]: string }): string;
            /** The same, with type 3: untyped. */
            metric(name: string, description: string, type: number, value: number, labels?: { [name: string]: string }): string;
        };

        declare var aggregation: {
            /** Writes a structured line to the log of the process. */
            msg(tag: string, text: string): void;
            json(tag: string, key: string, object: any): void;
            jsonWithMsg(tag: string, key: string, object: any, text: string): void;
        };

        declare var chatgpt: {
            /** Asks a language model; its name and address are in env (OPENAI_MODEL, OPENAI_BASE_URL). */
            prompt: Remora.Call<(apiKey: string, prompt: string, maxTokens?: number) => string>;
            /** Kubeshark's; Remora brings no lexicon of sentiments, so this throws (code "UNAVAILABLE"): ask a model. */
            sentiment(text: string): { neg: number; neu: number; pos: number; compound: number };
        };

        declare var wrapper: {
            /** Records items that filters match, and their packets, to S3. Bucket, region and keys may be in env instead. */
            kflPcapS3(data: Remora.Item, params: {
                kflArr: string[]; s3Bucket?: string; awsRegion?: string; awsAccessKeyId?: string; awsSecretAccessKey?: string;
                [name: string]: any;
            }): void;
            /** HAR 1.2 text of the HTTP items among these. */
            buildHAR(items: Remora.Item[]): string;
            /** A new object with the members of both; numbers are added, objects joined. */
            joinMaps(a: any, b: any): any;
            /** Takes a snapshot of everything and uploads it to S3. */
            pcapSnapshot(region: string, keyID: string, accessKey: string, bucket: string): string;
        };

        """
}
