extension ScriptDeclarations {
    static let hooks = """
        declare namespace Remora {
            // ---- Hooks: top-level functions with these names, all optional. An error in one goes to the console.

            /** Each captured packet and fragment. Workers only. Up to millions a second: count, and let a job report. */
            type onPacketCaptured = (info: PacketInfo) => void;

            /** The same with packets as arrays, of 65536 at most: for a hook with `onPacketCaptured.batch = 1000`. */
            type onPacketsCaptured = (packets: PacketInfo[]) => void;

            /**
             * Each dissected item: a request with its response, a DNS query with its answer, one message. Workers only.
             * `data.response` is null where no answer was seen. With `onItemCaptured.filter = "http and status >= 500"`
             * (KFL) the script gets only items that match.
             */
            type onItemCaptured = (data: Item) => void;

            /**
             * Each stored item that a viewer fetches. An object that it returns replaces the item for that viewer; see
             * `test.pass` and `test.fail`. Not called when nobody looks. With `onItemQueried.redacts = true` an item that
             * the hook could not look at (it threw, was stopped, is in quarantine) is withheld, not shown as it is.
             *
             * @param filter The viewer's filter, or "".
             */
            type onItemQueried = (data: Item, filter: string) => Item | void;

            /** Each `hub.action` of any script of any process. Hub only. `object` is a copy by way of JSON. */
            type onHubAction = (action: string, object: any, sender: HubSender) => void;

            /**
             * Each change of a pod. Runs on the hub for all pods, and on workers for those of their node.
             *
             * @param event "ADDED" also once for each pod that exists when the script starts.
             * @param pod The pod after the event; of a deleted one what was known last.
             * @param change What the event means, or null if nothing in particular.
             */
            type onPodEvent = (event: PodEventType, pod: Pod, change: PodChange | null) => void;

            /** Each run of a job of any script of this process that returned. `limit` is 0 for unlimited. */
            type onJobPassed = (tag: string, cron: string, limit: number) => void;

            /** Each run of a job of any script of this process that threw or was stopped. */
            type onJobFailed = (tag: string, cron: string, limit: number, err: string) => void;

            /** Each line that Remora itself logs. `msg` is the JSON text of a record with time, level and message. */
            type onLogCall = (level: "error" | "warning" | "info" | "debug", msg: string) => void;

            /** Who sent an action. */
            interface HubSender {
                /** The title of the script. */
                script: string;
                /** Its number, as in console lines. */
                index: number;
                /** The node that it ran on, or "hub". */
                node: string;
                /** When, in RFC 3339. */
                time: string;
            }

            type PodEventType = "ADDED" | "MODIFIED" | "DELETED";

            /** What a pod's change means. */
            interface PodChange {
                kind: "oom-risk" | "oom-killed" | "crashed" | "segfault" | "aborted" | "liveness-failing"
                    | "readiness-lost" | "crash-loop" | "start-failed" | "init-crashed" | "terminating" | "evicted"
                    | "preempted" | "drained" | "tainted" | "node-lost" | "node-shutdown" | "deadline-exceeded"
                    | "completed" | "hung" | "gone";
                /** The container, or null for the whole pod. */
                container: string | null;
                /** The cluster's own word, such as "OOMKilled". */
                reason: string | null;
                exitCode: number | null;
                signal: number | null;
                restartCount: number | null;
                previousRestartCount: number | null;
                severity: "warning" | "crash" | "going-away" | "gone" | "info";
                /** When captured data may disappear, in RFC 3339; null if nothing threatens it. */
                deadline: string | null;
                /** Where the signal came from. */
                source: "status" | "event" | "node";
                /** Whether this death of this container is told for the first time. */
                firstSeen: boolean;
                /** A sentence for people. */
                message: string;
            }
        }

        """

    static let packets = """
        declare namespace Remora {
            /** A captured packet. */
            interface PacketInfo {
                /** When it was captured, in RFC 3339 with nanoseconds, UTC. */
                timestamp: string;
                /** Bytes that were captured. */
                captureLength: number;
                /** Bytes on the wire. */
                length: number;
                /** Whether less was captured than was on the wire. */
                truncated: boolean;
                /** Whether it is a fragment of an IP datagram. */
                fragmented: boolean;
                /** Addresses and ports, where they can be read from the packet. */
                srcIp?: string;
                dstIp?: string;
                srcPort?: number;
                dstPort?: number;
                /** The transport: "tcp", "udp", "icmp", … */
                proto?: string;
                /** The network interface. */
                interface?: string;
            }
        }

        """
}
