extension ScriptDeclarations {
    static let kubernetes = """
        declare namespace Remora {
            /** An object of the cluster, by its JSON names. */
            interface KubernetesObject {
                kind?: string;
                apiVersion?: string;
                metadata: ObjectMeta;
                spec?: any;
                status?: any;
                readonly TypeMeta: { Kind: string; APIVersion: string };
                readonly ObjectMeta: GoObjectMeta;
                readonly Spec: any;
                readonly Status: any;
            }

            /**
             * A pod as the API server sent it. `ObjectMeta`, `TypeMeta`, `Spec` and `Status` are second views with Go's
             * names; they are not listed and not serialized with the pod.
             */
            interface Pod extends KubernetesObject {
                spec: PodSpec;
                status: PodStatus;
                readonly Spec: GoPodSpec;
                readonly Status: GoPodStatus;
            }

            interface ObjectMeta {
                name: string;
                generateName?: string;
                namespace: string;
                uid: string;
                resourceVersion: string;
                creationTimestamp: string;
                /** Set when the pod is going away: the time by which it must be gone. */
                deletionTimestamp?: string;
                deletionGracePeriodSeconds?: number;
                labels?: { [name: string]: string };
                annotations?: { [name: string]: string };
                ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
                finalizers?: string[];
            }

            interface PodSpec {
                nodeName?: string;
                hostNetwork?: boolean;
                restartPolicy?: "Always" | "OnFailure" | "Never";
                terminationGracePeriodSeconds?: number;
                serviceAccountName?: string;
                priorityClassName?: string;
                containers: Container[];
                initContainers?: Container[];
                [name: string]: any;
            }

            interface Container {
                name: string;
                image: string;
                ports?: { name?: string; containerPort: number; protocol?: string }[];
                resources?: { limits?: { [name: string]: string }; requests?: { [name: string]: string } };
                env?: { name: string; value?: string; valueFrom?: any }[];
                livenessProbe?: any;
                readinessProbe?: any;
                startupProbe?: any;
                [name: string]: any;
            }

            interface PodStatus {
                phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
                reason?: string;
                message?: string;
                podIP?: string;
                podIPs?: { ip: string }[];
                hostIP?: string;
                startTime?: string;
                qosClass?: "Guaranteed" | "Burstable" | "BestEffort";
                conditions?: Condition[];
                containerStatuses?: ContainerStatus[];
                initContainerStatuses?: ContainerStatus[];
                [name: string]: any;
            }

            interface Condition {
                type: string;
                status: "True" | "False" | "Unknown";
                reason?: string;
                message?: string;
                lastTransitionTime?: string;
            }

            interface ContainerStatus {
                name: string;
                ready: boolean;
                started?: boolean;
                restartCount: number;
                image: string;
                imageID: string;
                containerID?: string;
                state?: ContainerState;
                lastState?: ContainerState;
            }

            interface ContainerState {
                waiting?: { reason?: string; message?: string };
                running?: { startedAt?: string };
                terminated?: {
                    exitCode: number;
                    signal?: number;
                    reason?: string;
                    message?: string;
                    startedAt?: string;
                    finishedAt?: string;
                    containerID?: string;
                };
            }
        }

        """

    static let goViews = """
        declare namespace Remora {
            // ---- The same with Go's names. What is absent is "", 0, false or null.

            interface GoObjectMeta {
                Name: string;
                GenerateName: string;
                Namespace: string;
                UID: string;
                ResourceVersion: string;
                CreationTimestamp: string | null;
                DeletionTimestamp: string | null;
                DeletionGracePeriodSeconds: number | null;
                Labels: { [name: string]: string } | null;
                Annotations: { [name: string]: string } | null;
                OwnerReferences: { APIVersion: string; Kind: string; Name: string; UID: string; Controller: boolean | null }[] | null;
                Finalizers: string[] | null;
                [name: string]: any;
            }

            interface GoPodSpec {
                NodeName: string;
                HostNetwork: boolean;
                RestartPolicy: string;
                TerminationGracePeriodSeconds: number | null;
                ServiceAccountName: string;
                PriorityClassName: string;
                Containers: GoContainer[] | null;
                InitContainers: GoContainer[] | null;
                [name: string]: any;
            }

            interface GoContainer {
                Name: string;
                Image: string;
                Ports: { Name: string; ContainerPort: number; HostPort: number; Protocol: string; HostIP: string }[] | null;
                Resources: { Limits: { [name: string]: string } | null; Requests: { [name: string]: string } | null };
                [name: string]: any;
            }

            interface GoPodStatus {
                Phase: string;
                Reason: string;
                Message: string;
                PodIP: string;
                PodIPs: { IP: string }[] | null;
                HostIP: string;
                StartTime: string | null;
                QOSClass: string;
                Conditions: { Type: string; Status: string; Reason: string; Message: string; LastTransitionTime: string | null }[] | null;
                ContainerStatuses: GoContainerStatus[] | null;
                InitContainerStatuses: GoContainerStatus[] | null;
                [name: string]: any;
            }

            interface GoContainerStatus {
                Name: string;
                Ready: boolean;
                Started: boolean | null;
                RestartCount: number;
                Image: string;
                ImageID: string;
                ContainerID: string;
                State: GoContainerState;
                /** The JSON name is `lastState`. */
                LastTerminationState: GoContainerState;
            }

            interface GoContainerState {
                Waiting: { Reason: string; Message: string } | null;
                Running: { StartedAt: string | null } | null;
                Terminated: {
                    ExitCode: number;
                    Signal: number;
                    Reason: string;
                    Message: string;
                    StartedAt: string | null;
                    FinishedAt: string | null;
                    ContainerID: string;
                } | null;
            }
        }

        """
}
