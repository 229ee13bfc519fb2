"""Installs, tests, upgrades and uninstalls the chart with Helm's own library. Run by Tests/e2e/run with the Python that has it.

chart.py KUBECONFIG KUBECTL
"""

import json
import subprocess
import sys

import helm_python as helm

KUBECONFIG, KUBECTL = sys.argv[1:3]
CHART, NAMESPACE, RELEASE = "charts/remora", "remora", "remora"
SCRIPTS = json.dumps({"0": {"title": "mine", "active": True, "code": "console.log('mine runs');"}})


def kubectl(*arguments):
    return subprocess.run([KUBECTL, "--kubeconfig", KUBECONFIG, "--namespace", NAMESPACE, *arguments],
                          check=True, text=True, capture_output=True).stdout


def data(name):
    return json.loads(kubectl("get", "configmap", name, "--output", "json")).get("data", {})


def main():
    with helm.Config(kubeconfig_path=KUBECONFIG, namespace=NAMESPACE) as cluster:
        cluster.install(CHART, RELEASE, {}, namespace=NAMESPACE, create_namespace=True, wait="watcher", timeout=120)
        print("installed")
        kubectl("patch", "configmap", "kubeshark-config-map", "--patch", json.dumps({"data": {"SCRIPTING_SCRIPTS": SCRIPTS}}))
        authority = json.loads(kubectl("get", "secret", "remora-hub-authority", "--output", "json"))["data"]
        assert authority["tls.crt"] and authority["tls.key"], "no hub has made the authority"
        cluster.test(RELEASE, timeout=120)
        print("tested")
        # Values that change what runs, so that all pods are made anew.
        cluster.upgrade(CHART, RELEASE, {"hub": {"logLevel": "debug"}, "worker": {"ringSize": 128}}, namespace=NAMESPACE,
                        wait="watcher", timeout=180)
        assert data("kubeshark-config-map").get("SCRIPTING_SCRIPTS") == SCRIPTS, "the upgrade has touched the scripts"
        now = json.loads(kubectl("get", "secret", "remora-hub-authority", "--output", "json"))["data"]
        assert now == authority, "the upgrade has touched the authority"
        cluster.test(RELEASE, timeout=120)
        print("upgraded, with its scripts and its authority")
        cluster.uninstall(RELEASE, timeout=120)
        assert data("kubeshark-config-map").get("SCRIPTING_SCRIPTS") == SCRIPTS, "the uninstall has touched the scripts"
        print("uninstalled, with its scripts")


main()
