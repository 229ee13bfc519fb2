"""The peer: the fastest Python client of the Kubernetes API known to us, doing what `remora watch pods --output none`
does: from the socket to a summary of each pod in a cache."""
import sys
from lightkube import Client, KubeConfig
from lightkube.resources.core_v1 import Pod

def summary(pod):
    m, s = pod.metadata, pod.status
    return (m.uid, m.resourceVersion, m.creationTimestamp, m.deletionTimestamp, m.labels,
            [(o.kind, o.name) for o in m.ownerReferences or () if o.controller],
            pod.spec.nodeName, pod.spec.hostNetwork, s.phase, s.reason, s.message, s.hostIP,
            [a.ip for a in s.podIPs or ()], s.startTime, s.qosClass,
            [(c.type, c.status, c.reason) for c in s.conditions or ()],
            [(c.name, c.image, c.ready, c.started, c.restartCount, c.state, c.lastState)
             for c in s.containerStatuses or ()])

kubeconfig, limit = sys.argv[1], int(sys.argv[2])
if limit:  # 0: only to measure what starting costs
    client = Client(config=KubeConfig.from_file(kubeconfig), namespace="default", trust_env=False)
    cache, count = {}, 0
    listed = client.list(Pod, namespace="*", chunk_size=500)
    for pod in listed:
        cache[(pod.metadata.namespace, pod.metadata.name)] = summary(pod)
        count += 1
    for kind, pod in client.watch(Pod, namespace="*", resource_version=listed.resourceVersion):
        cache[(pod.metadata.namespace, pod.metadata.name)] = summary(pod)
        count += 1
        if count >= limit:
            break
