extension ScriptViews {
    /// Kubernetes objects with Go's names.
    ///
    /// `types` lists the structures that scripts read, in Go's order: `Name` is a text, `*` a pointer, `#` a number, `?` a
    /// boolean, `%` a map or list of plain values, `:Type` a structure, `*:Type` a pointer to one, `[:Type` a list of them;
    /// `=name` follows where the JSON name is not what the rule makes of it. Members that a type does not list are named by
    /// the rule. Source: k8s.io/api/core/v1 and k8s.io/apimachinery/pkg/apis/meta/v1.
    static let kubernetes = #"""
        const types = {
            TypeMeta: "Kind APIVersion",
            ObjectMeta: "Name GenerateName Namespace SelfLink UID ResourceVersion #Generation *CreationTimestamp "
                + "*DeletionTimestamp *DeletionGracePeriodSeconds %Labels %Annotations [OwnerReferences:OwnerReference "
                + "%Finalizers %ManagedFields",
            OwnerReference: "APIVersion Kind Name UID *Controller *BlockOwnerDeletion",
            PodSpec: "[Volumes:Any [InitContainers:Container [Containers:Container [EphemeralContainers:Container "
                + "RestartPolicy *TerminationGracePeriodSeconds *ActiveDeadlineSeconds DNSPolicy %NodeSelector "
                + "ServiceAccountName *AutomountServiceAccountToken NodeName ?HostNetwork ?HostPID ?HostIPC "
                + "*ShareProcessNamespace *SecurityContext:Any [ImagePullSecrets:Any Hostname Subdomain *Affinity:Any "
                + "SchedulerName [Tolerations:Any PriorityClassName *Priority",
            Container: "Name Image %Command %Args WorkingDir [Ports:ContainerPort [EnvFrom:Any [Env:Any "
                + "Resources:Resources [VolumeMounts:Any *LivenessProbe:Any *ReadinessProbe:Any *StartupProbe:Any "
                + "*Lifecycle:Any TerminationMessagePath TerminationMessagePolicy ImagePullPolicy *SecurityContext:Any "
                + "?Stdin ?StdinOnce ?TTY",
            ContainerPort: "Name #HostPort #ContainerPort Protocol HostIP",
            Resources: "%Limits %Requests",
            PodStatus: "Phase [Conditions:Condition Message Reason NominatedNodeName HostIP PodIP [PodIPs:PodIP *StartTime "
                + "[InitContainerStatuses:ContainerStatus [ContainerStatuses:ContainerStatus QOSClass "
                + "[EphemeralContainerStatuses:ContainerStatus",
            PodIP: "IP",
            Condition: "Type Status *LastProbeTime *LastTransitionTime Reason Message",
            ContainerStatus: "Name State:State LastTerminationState=lastState:State ?Ready #RestartCount Image ImageID "
                + "ContainerID *Started",
            State: "*Waiting:Waiting *Running:Running *Terminated:Terminated",
            Waiting: "Reason Message",
            Running: "*StartedAt",
            Terminated: "#ExitCode #Signal Reason Message *StartedAt *FinishedAt ContainerID",
            Any: "",
        };
        // Words that Go writes in capitals, as far as these objects have them.
        const capitals = { api: "API", aws: "AWS", csi: "CSI", dns: "DNS", fc: "FC", fs: "FS", gce: "GCE", gmsa: "GMSA",
            grpc: "GRPC", http: "HTTP", id: "ID", ip: "IP", ips: "IPs", ipc: "IPC", iscsi: "ISCSI", nfs: "NFS", os: "OS",
            pd: "PD", pid: "PID", qos: "QOS", rbd: "RBD", tcp: "TCP", tls: "TLS", tty: "TTY", uid: "UID", uri: "URI",
            url: "URL", fqdn: "FQDN" };
        // Members whose keys are data and no names.
        const maps = { labels: 1, annotations: 1, matchLabels: 1, nodeSelector: 1, limits: 1, requests: 1, overhead: 1,
            allocatedResources: 1, capacity: 1, allocatable: 1, volumeAttributes: 1, options: 1, data: 1, selector: 1,
            managedFields: 1 };
        const goNames = create(null);
        function goName(name) {
            const known = goNames[name];
            if (known !== undefined) return known;
            const first = /^[a-z0-9]*/.exec(name)[0], tail = name.slice(first.length);
            const head = capitals[first] || first.charAt(0).toUpperCase() + first.slice(1);
            // `containerId` does not occur, `containerID` does: the tail is right as it is.
            return goNames[name] = head + tail;
        }
        const fieldsOf = create(null);
        function fields(type) {
            if (fieldsOf[type]) return fieldsOf[type];
            return fieldsOf[type] = types[type].split(" ").filter(Boolean).map(function (text) {
                const parts = /^([*#?%[]?)(\w+)(?:=(\w+))?(?::(\w+))?$/.exec(text);
                const go = parts[2];
                return { kind: parts[1], go, json: parts[3] || jsonName(go), type: parts[4] };
            });
        }
        function jsonName(go) {
            const capitalsFirst = /^[A-Z]+(?=[A-Z][a-z]|$)/.exec(go);
            if (go === "IP") return "ip";
            if (capitalsFirst) return capitalsFirst[0].toLowerCase() + go.slice(capitalsFirst[0].length);
            return go.charAt(0).toLowerCase() + go.slice(1);
        }
        function empty(field) {
            switch (field.kind) {
                case "": return field.type ? struct({}, field.type) : "";
                case "#": return 0;
                case "?": return false;
                default: return null;
            }
        }
        function view(value, field) {
            if (value === undefined || value === null) return empty(field);
            if (field.kind === "%" || !isObject(value)) return copy(value);
            if (field.kind === "[") return isArray(value) ? value.map(element => struct(element, field.type)) : null;
            return field.type ? struct(value, field.type) : copy(value);
        }
        function struct(value, type) {
            if (!isObject(value)) return value;
            if (isArray(value)) return value.map(element => struct(element, type));
            const out = {}, listed = create(null);
            for (const field of fields(type)) {
                listed[field.json] = true;
                put(out, field.go, view(value[field.json], field));
            }
            for (const name of keys(value)) {
                if (listed[name]) continue;
                put(out, goName(name), maps[name] ? copy(value[name]) : struct(value[name], "Any"));
            }
            return out;
        }
        function copy(value) {
            if (!isObject(value)) return value;
            if (isArray(value)) return value.map(copy);
            const out = {};
            for (const name of keys(value)) put(out, name, copy(value[name]));
            return out;
        }

        const kubernetesPrototype = create(plain);
        function addView(name, make) {
            defineProperty(kubernetesPrototype, name, {
                get() {
                    const made = make(this);
                    keep(this, name, made);
                    return made;
                },
                set(value) { keep(this, name, value); },
                enumerable: false, configurable: true,
            });
        }
        addView("TypeMeta", object => struct({ kind: object.kind, apiVersion: object.apiVersion }, "TypeMeta"));
        addView("ObjectMeta", object => struct(object.metadata || {}, "ObjectMeta"));
        addView("Spec", object => struct(object.spec || {}, isPod(object) ? "PodSpec" : "Any"));
        addView("Status", object => struct(object.status || {}, isPod(object) ? "PodStatus" : "Any"));
        function isPod(object) { return object.kind === undefined || object.kind === "" || object.kind === "Pod"; }
        function dressKubernetes(object) { if (isObject(object)) setPrototypeOf(object, kubernetesPrototype); }

        """#
}
