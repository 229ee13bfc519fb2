"""The peer: the fastest Python client of the Kubernetes API, doing what `remora watch pods --output none` does."""
import sys
from lightkube import Client, KubeConfig
from lightkube.resources.core_v1 import Pod

server, limit = sys.argv[1], int(sys.argv[2])
config = KubeConfig.from_server(server) if limit else None
if limit:
    client = Client(config=config, namespace="default", trust_env=False)
    cache, count = {}, 0
    listed = client.list(Pod, namespace="*", chunk_size=500)
    for pod in listed:
        cache[(pod.metadata.namespace, pod.metadata.name)] = pod
        count += 1
    for kind, pod in client.watch(Pod, namespace="*", resource_version=listed.resourceVersion):
        cache[(pod.metadata.namespace, pod.metadata.name)] = pod
        count += 1
        if count >= limit:
            break
