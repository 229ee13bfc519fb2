"""Checks the chart and the manifests: lint, schemas, and that both grant the same and lock down the same."""

import json
import pathlib
import subprocess
import sys
import tempfile

import helm_python as helm
import kubernetes_validate
import yaml

CHART = "charts/remora"
VERSIONS = ["1.25", "1.31", "1.37"]
BASE, OVERLAYS = "manifests/base", sorted(map(str, pathlib.Path("manifests/overlays").iterdir()))
KUBECTL = pathlib.Path(sys.executable).parent / "kubectl"
problems = []


def check(condition, message):
    if not condition:
        problems.append(message)


def documents(text):
    return [document for document in yaml.safe_load_all(text) if document]


def rendered(values, **more):
    """All objects of the chart, hooks included."""
    with helm.Chart.load(CHART) as chart:
        files = chart.render(values, name="remora", namespace="remora", **more)
    return [d for name, text in files.items() if name.endswith(".yaml") for d in documents(text)]


def validate(objects, origin):
    for version in VERSIONS:
        for item in objects:
            name = f"{origin}: {item['kind']} {item['metadata']['name']}"
            try:
                kubernetes_validate.validate(item, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                problems.append(f"{name} ({version}): {'.'.join(map(str, error.path))}: {error.message}")
            except kubernetes_validate.SchemaNotFoundError as error:
                problems.append(f"{name} ({version}): {error}")


def with_component(folder, component):
    """All objects of a kustomization of ours, with a component, as a user's own kustomization has it."""
    # Kustomize takes relative paths alone.
    with tempfile.TemporaryDirectory(dir="manifests") as work:
        own = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
               "resources": [f"../../{folder}"], "components": [f"../../{component}"]}
        pathlib.Path(work, "kustomization.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
        return customized(work)


def customized(folder):
    """All objects of a kustomization."""
    return documents(subprocess.run([KUBECTL, "kustomize", folder], check=True, text=True, capture_output=True).stdout)


def pods(objects):
    """The specification of each pod, by the name of what makes it."""
    return {
        item["metadata"]["name"]: item["spec"] if item["kind"] == "Pod" else item["spec"]["template"]["spec"]
        for item in objects
        if item["kind"] in ("Pod", "Deployment", "DaemonSet")
    }


def examine(name, spec, origin):
    """What must hold of every container, whoever runs it: the rules of Pod Security's `restricted` and more."""
    label = f"{origin}: {name}"
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    check(spec.get("serviceAccountName", "default") != "default", f"{label}: uses the default account")
    check(not spec.get("hostPID") and not spec.get("hostIPC"), f"{label}: shares the node's processes")
    check("hostNetwork" not in spec or name.endswith("-worker"), f"{label}: uses the node's network")
    shared = spec.get("securityContext", {})
    check(shared.get("seccompProfile", {}).get("type") == "RuntimeDefault", f"{label}: no seccomp profile")
    for container in spec["containers"]:
        label = f"{origin}: {name}/{container['name']}"
        context = {**shared, **container.get("securityContext", {})}
        is_worker = container["args"][:1] == ["worker"] if "args" in container else False
        added = context.get("capabilities", {}).get("add", [])
        check(context.get("capabilities", {}).get("drop") == ["ALL"], f"{label}: keeps capabilities")
        check(added == (["NET_RAW"] if is_worker else []), f"{label}: adds the capabilities {added}")
        # The documented exception: NET_RAW takes root, or allowPrivilegeEscalation.
        check(is_worker or context.get("runAsNonRoot") is True, f"{label}: may be root")
        check(context.get("allowPrivilegeEscalation") is False, f"{label}: may gain privileges")
        check(context.get("readOnlyRootFilesystem") is True, f"{label}: its root can be written to")
        check(not context.get("privileged"), f"{label}: is privileged")
        check(not container["image"].endswith(":latest") and ":" in container["image"], f"{label}: any image will do")
        limits, requests = (container["resources"].get(x, {}) for x in ("limits", "requests"))
        check("memory" in limits and {"cpu", "memory"} <= requests.keys(), f"{label}: has no limits")
        for mount in container.get("volumeMounts", []):
            volume = volumes.get(mount["name"])
            check(volume is not None, f"{label}: mounts {mount['name']}, which is not there")
            folder = (volume or {}).get("hostPath", {}).get("path", "/var/lib/remora")
            check(folder == "/var/lib/remora", f"{label}: reaches {folder} of the node")
            check("emptyDir" not in (volume or {}) or "sizeLimit" in volume["emptyDir"], f"{label}: {mount['name']} is unbounded")
        if is_worker:
            check(spec.get("automountServiceAccountToken") is False, f"{label}: has a token of the API server")


def rules(objects, name):
    """Who may do what, as one set of (group, resource, name, verb)."""
    return {
        (group, resource, only, verb)
        for item in objects
        if item["kind"] in ("Role", "ClusterRole") and item["metadata"]["name"].startswith(name)
        for rule in item["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for only in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    }


for message in helm.lint(CHART)["messages"]:
    check("icon is recommended" in message["error"], f"{CHART}/{message['path']}: {message['error']}")

ALL = {
    "hub": {"allowBlockPod": True, "podLogs": True, "watchNamespace": "shop", "tlsSecret": "tls", "env": [{"name": "A", "value": "b"}],
            "annotations": {"a": "b"}, "nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}],
            "priorityClassName": "high"},
    "worker": {"interfaces": ["eth0", "cni0"], "filter": "not port 22", "hostPath": "", "caConfigMap": "ca",
               "annotations": {"a": "b"}, "nodeSelector": {"a": "b"}},
    "sidecars": {"namespaces": ["shop", "billing"]},
    "networkPolicy": {"create": True, "from": [{"namespaceSelector": {}}]},
    "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": [{"name": "registry"}]},
    "serviceAccount": {"annotations": {"a": "b"}},
}
standard = rendered({})

validate(standard, CHART)
validate(rendered(ALL), f"{CHART} with everything")
# Not together with a certificate of one's own.
injecting = rendered({"sidecars": {"inject": True}})
validate(injecting, f"{CHART} with injection")
difference = rules(injecting, "remora-hub-inject") ^ rules(customized("manifests/overlays/inject"), "remora-hub-inject")
check(not difference, f"manifests and chart let the webhook do different things: {sorted(difference)}")

for wrong in ({"hub": {"replicas": 0}}, {"hub": {"replica": 2}}, {"image": {"digest": "sha256:1"}},
              {"worker": {"hostPath": "relative"}}, {"worker": {"interfaces": []}}):
    try:
        with helm.Chart.load(CHART) as chart:
            chart.validate_schema(wrong)
        problems.append(f"{CHART}: the schema takes {json.dumps(wrong)}")
    except helm.HelmError:
        pass

maps = [d for d in standard if d["kind"] == "ConfigMap"]
check(maps and not any("data" in d for d in maps), f"{CHART}: an upgrade would write over scripts")
check(any(d["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep" for d in maps),
      f"{CHART}: an uninstall would delete the scripts")

for values, name in (({}, CHART), (ALL, f"{CHART} with everything"), ({"worker": {"enabled": False}}, f"{CHART} without workers")):
    for pod, spec in pods(rendered(values)).items():
        examine(pod, spec, name)
check(not any(d["kind"] == "DaemonSet" for d in rendered({"worker": {"enabled": False}})), f"{CHART}: workers all the same")

plain = customized("manifests/overlays/daemonset")
total = 0
for folder in [BASE, *OVERLAYS]:
    objects = customized(folder)
    total += len(objects)
    validate(objects, folder)
    for pod, spec in pods(objects).items():
        examine(pod, spec, folder)
for account in ("remora-hub", "remora-user", "remora-worker"):
    difference = rules(plain, account) ^ rules(standard, account)
    check(not difference, f"manifests and chart grant {account} different things: {sorted(difference)}")
check(rules(plain, "remora-worker") == {("remora.dev", "hubs/workers", "", "create")}, "workers may more than connect")
namespaced = customized("manifests/overlays/namespaced")
check(not any(d["kind"].startswith("Cluster") for d in namespaced), "the namespaced overlay asks for more than a namespace")
# Logs are read by whoever asked for that, and by nobody else.
LOGS = {("", "pods/log", "", "get")}
check(rules(rendered({"hub": {"podLogs": True}}), "remora-") - rules(standard, "remora-") == LOGS,
      f"{CHART}: hub.podLogs grants something else than to read logs")
for folder in [BASE, *OVERLAYS]:
    before, after = (rules(x, "") for x in (customized(folder), with_component(folder, "manifests/components/pod-logs")))
    check(not LOGS & before, f"{folder}: lets the hub read logs unasked")
    check(after - before == LOGS, f"{folder}: the component pod-logs grants {sorted(after - before)}")
check(not LOGS & rules(standard, ""), f"{CHART}: lets the hub read logs unasked")
# What a user gets must not depend on which of the two he takes.
for name in ("remora-hub", "remora-worker"):
    ours, theirs = (pods(x)[name] for x in (plain, standard))
    for member in ("securityContext", "hostNetwork", "dnsPolicy", "tolerations", "priorityClassName", "terminationGracePeriodSeconds"):
        check(ours.get(member) == theirs.get(member), f"{name}: manifests and chart differ in {member}")
    for member in ("securityContext", "livenessProbe", "readinessProbe", "volumeMounts"):
        mine, other = (x["containers"][0].get(member) for x in (ours, theirs))
        check(mine == other, f"{name}: manifests and chart differ in {member}: {mine} and {other}")

if "--write" in sys.argv:
    # For checkers that read files: what users get, rendered.
    folder = pathlib.Path(sys.argv[sys.argv.index("--write") + 1])
    for name in OVERLAYS:
        (folder / (pathlib.Path(name).name + ".yaml")).write_text(yaml.safe_dump_all(customized(name)), encoding="utf-8")
    (folder / "chart.yaml").write_text(yaml.safe_dump_all(standard), encoding="utf-8")

for problem in problems:
    print(problem, file=sys.stderr)
print(f"{len(standard)} objects of the chart, {total} of manifests, {len(problems)} problems")
sys.exit(1 if problems else 0)
