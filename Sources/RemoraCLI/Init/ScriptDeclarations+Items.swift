extension ScriptDeclarations {
    static let items = """
        declare namespace Remora {
            /** One dissected item. Go names (`data.Protocol.Name`) read the same members. */
            interface Item {
                /** Unique: `<worker>/<stream>-<index>`. */
                id: string;
                /** Position in the stream. */
                index: number;
                /** The name of the stream's capture file, for `pcap.path` and `pcap.snapshot`. */
                stream: string;
                /** The worker's address, `ip:port`. */
                worker: string;
                node: ItemNode;
                protocol: Protocol;
                /** Whether it was captured decrypted. */
                tls: boolean;
                /** The client. */
                src: Peer;
                /** The server. */
                dst: Peer;
                /** When the request was captured, in milliseconds since 1970. */
                timestamp: number;
                /** The same in RFC 3339 with nanoseconds, UTC. */
                startTime: string;
                /** null if the request was not seen. What it has depends on the protocol. */
                request: ItemRequest | null;
                /** null if no response was seen: then `error` says why. */
                response: ItemResponse | null;
                requestSize: number;
                responseSize: number;
                size: number;
                /** Microseconds from request to response; 0 if there is no response. */
                elapsedTime: number;
                /** Set by `test.pass`. */
                passed: boolean;
                /** Set by `test.fail`. */
                failed: boolean;
                error: ItemError | null;
                /** A file name for the item's JSON. */
                entryFile: string;
                /** The recording that it belongs to, or "". */
                record: string;
                event: { source: string; type: string; data: any } | null;
                /** The payload of one-sided records: TCP, UDP, ICMP, TLS. */
                data: any;
                capture: { backend: string; source: string; proxy: any; vlan: any };
                checksums: string[];
                /** The item that this one duplicates, or "". */
                duplicate: string;
                /** The row of a list. */
                base: ItemSummary | null;
                /** The server's namespace, else the client's; for scripts of old. */
                namespace: string;
                /** The same as `stream`; for scripts of old. */
                pcapFile: string;

                readonly Id: string;
                readonly Index: number;
                readonly Stream: string;
                readonly Worker: string;
                readonly Node: ItemNode;
                readonly Protocol: Protocol;
                readonly Tls: boolean;
                readonly Source: Peer;
                readonly Destination: Peer;
                readonly Timestamp: number;
                readonly StartTime: string;
                readonly Request: ItemRequest | null;
                readonly Response: ItemResponse | null;
                readonly ElapsedTime: number;
                readonly Error: ItemError | null;
                readonly EntryFile: string;
                readonly Record: string;
            }

            interface ItemNode {
                ip: string;
                name: string;
                readonly IP: string;
                readonly Name: string;
            }

            interface Protocol {
                /** "http" also for HTTP/2, gRPC and GraphQL: `abbr` tells them apart. */
                name: string;
                version: string;
                /** "HTTP", "HTTP/2", "gRPC", "GQL", "WS", "DNS", "KAFKA", "REDIS", "AMQP", … */
                abbr: string;
                longName: string;
                macro: string;
                backgroundColor: string;
                foregroundColor: string;
                fontSize: number;
                referenceLink: string;
                ports: string[];
                layer3: string;
                layer4: string;
                priority: number;
                readonly Name: string;
                readonly Version: string;
                readonly Abbreviation: string;
                readonly LongName: string;
                readonly Macro: string;
            }

            /** One end of a conversation. */
            interface Peer {
                ip: string;
                /** A text, not a number. */
                port: string;
                /** The pod, else the service, else the node, else "". */
                name: string;
                namespace: string;
                /** Of pods on other nodes with names, spec.nodeName and status.hostIP alone. */
                pod: Pod | null;
                /** Of a pod: the service whose endpoint slice has it. With its names alone. */
                service: KubernetesObject | null;
                /** With its names alone. */
                endpointSlice: KubernetesObject | null;
                cgroupId: string;
                containerId: string;
                socketId: number;
                processId: number;
                parentProcessId: number;
                hostProcessId: number;
                hostParentProcessId: number;
                processName: string;
                processPath: string;
                cpuUsage: number;
                memoryUsage: number;
                resolutionMechanism: "none" | "ip" | "ip-and-port" | "dns" | "http-header" | "cgroup-id"
                    | "container-id" | "syscall" | "sidecar-proxy";
                readonly IP: string;
                readonly Port: string;
                readonly Name: string;
                readonly Namespace: string;
                readonly Pod: Pod | null;
                readonly Service: KubernetesObject | null;
                readonly ProcessName: string;
            }

            interface ItemError {
                type: "dissection" | "connection" | "timeout" | "pair-not-found";
                msg: string;
                readonly Type: string;
                readonly Message: string;
            }

            interface ItemSummary {
                id: string;
                stream: string;
                worker: string;
                proto: Protocol;
                tls: boolean;
                summary: string;
                status: number;
                method: string;
                timestamp: number;
                src: Peer;
                dst: Peer;
                requestSize: number;
                responseSize: number;
                elapsedTime: number;
                passed: boolean;
                failed: boolean;
                [name: string]: any;
            }
        }

        """

    static let payloads = """
        declare namespace Remora {
            /** A request; members of all protocols. */
            type ItemRequest = HTTPRequest & DNSRequest & RedisMessage & KafkaMessage & { [name: string]: any };
            /** A response; members of all protocols. */
            type ItemResponse = HTTPResponse & DNSResponse & RedisMessage & KafkaMessage & { [name: string]: any };

            /** HTTP/1, HTTP/2, gRPC, GraphQL. */
            interface HTTPRequest {
                method: string;
                /** Path and query, as on the wire. */
                url: string;
                targetUri: string;
                /** Without the query. */
                path: string;
                pathSegments: string[];
                /** "HTTP/1.1", "HTTP/2.0" */
                httpVersion: string;
                /** Names as received; repeated ones joined by ",". */
                headers: { [name: string]: string };
                cookies: { [name: string]: string };
                queryString: { [name: string]: string | string[] };
                postData?: {
                    mimeType: string;
                    params: { name: string; value: string; fileName?: string; contentType?: string }[];
                    text: string;
                };
                /** -1 if unknown. */
                headersSize: number;
                bodySize: number;
            }

            interface HTTPResponse {
                status: number;
                statusText: string;
                httpVersion: string;
                headers: { [name: string]: string };
                cookies: { [name: string]: string };
                redirectURL: string;
                headersSize: number;
                bodySize: number;
                /** `text` is base64 if `encoding` says so; decompressed in any case. */
                content: { size: number; mimeType: string; text: string; encoding: string };
            }

            interface DNSRequest {
                opCode: string;
                questions: { name: string; type: string; class: string }[];
            }

            interface DNSResponse {
                /** "No Error", "Non-Existent Domain", … */
                code: string;
                answers: DNSRecord[];
                authorities: DNSRecord[];
                additionals: DNSRecord[];
            }

            /** Only the member of its type is filled. */
            interface DNSRecord {
                name: string;
                type: string;
                class: string;
                ttl: number;
                ip: string;
                ns: string;
                cname: string;
                ptr: string;
                txts: string;
                soa: string;
                srv: string;
                mx: string;
                opt: string;
                uri: string;
            }

            interface RedisMessage {
                /** "Simple String", "Bulk String", "Array", "Integer", "Error", "N/A" */
                type: string;
                /** In capitals: "GET". */
                command: string;
                key: string;
                value: string;
                keyword: string;
            }

            interface KafkaMessage {
                apiKeyName: string;
                apiKey: number;
                apiVersion: number;
                correlationID: number;
                clientID: string;
                payload: any;
                captureTime: string;
            }
        }

        """
}
