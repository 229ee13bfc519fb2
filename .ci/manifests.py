"""Checks the chart and the manifests: lint, schemas, and that both grant the hub the same."""

import glob
import json
import sys

import helm_python as helm
import kubernetes_validate
import yaml

CHART = "charts/remora"
VERSIONS = ["1.25", "1.31", "1.37"]
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
    "hub": {"allowBlockPod": True, "watchNamespace": "shop", "tlsSecret": "tls", "env": [{"name": "A", "value": "b"}],
            "annotations": {"a": "b"}, "nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}],
            "priorityClassName": "high"},
    "networkPolicy": {"create": True, "from": [{"namespaceSelector": {}}]},
    "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": [{"name": "registry"}]},
    "serviceAccount": {"annotations": {"a": "b"}},
}
standard = rendered({})

validate(standard, CHART)
validate(rendered(ALL), f"{CHART} with everything")

for wrong in ({"hub": {"replicas": 0}}, {"hub": {"replica": 2}}, {"image": {"digest": "sha256:1"}}):
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

plain = [d for path in sorted(glob.glob("manifests/**/*.yaml", recursive=True)) for d in documents(open(path).read())
         if "apiVersion" in d]
validate([d for d in plain if not d["apiVersion"].startswith("kustomize.")], "manifests")
difference = rules(plain, "remora-hub") ^ rules(standard, "remora-hub")
check(not difference, f"manifests and chart grant the hub different things: {sorted(difference)}")

for problem in problems:
    print(problem, file=sys.stderr)
print(f"{len(standard)} objects of the chart, {len(plain)} of manifests, {len(problems)} problems")
sys.exit(1 if problems else 0)
