#!/usr/bin/env python3
"""A stand-in for an API server under load: one LIST of pods, then a WATCH as fast as the client reads.

    watch-replay.py [--port 18080] [--pods 1000] [--events 200000] [--tls CERT KEY]

GET /api/v1/pods             -> a PodList of --pods pods (honours limit and continue)
GET /api/v1/pods?watch=...   -> --events MODIFIED events back to back, then the stream stays open
GET /api/v1/namespaces/NS/pods works alike. Pods are about 6 KB of JSON, as kubelets write them, and every event has
a resourceVersion of its own, larger than all before. It measures clients, nothing else.
"""
import argparse, asyncio, json, ssl, urllib.parse

RV = 100_000_000  # fixed width, so that it can be overwritten in place

def pod(i, rv):
    name = f"web-{i//50:05d}-7d4b9c6f5d-{i%50:05d}"
    labels = {"app": f"web-{i//50}", "pod-template-hash": "7d4b9c6f5d", "app.kubernetes.io/name": "web",
              "app.kubernetes.io/instance": f"web-{i//50}", "app.kubernetes.io/managed-by": "Helm"}
    fields = {f"f:field{k}": {"f:sub": {}, ".": {}} for k in range(45)}
    conditions = [{"type": t, "status": "True", "lastProbeTime": None, "lastTransitionTime": "2026-01-01T00:00:00Z"}
                  for t in ("Initialized", "Ready", "ContainersReady", "PodScheduled")]
    def container(c):
        return {"name": c, "image": f"registry.example/{c}:1.2.3", "imagePullPolicy": "IfNotPresent",
                "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
                "env": [{"name": f"VAR_{k}", "value": "x" * 24} for k in range(12)],
                "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
                "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}, "periodSeconds": 10},
                "volumeMounts": [{"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": "token", "readOnly": True}],
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
    def status(c):
        return {"name": c, "ready": True, "restartCount": i % 3, "started": True, "image": f"registry.example/{c}:1.2.3",
                "imageID": "registry.example/" + c + "@sha256:" + "ab" * 32, "containerID": "containerd://" + "cd" * 32,
                "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}, "lastState": {}}
    address = f"198.18.{(i//250)%250}.{i%250}"
    return {"kind": "Pod", "apiVersion": "v1",
            "metadata": {"name": name, "generateName": name[:-5], "namespace": f"ns-{i%20}", "uid": f"00000000-0000-4000-8000-{i:012d}",
                         "resourceVersion": str(rv), "creationTimestamp": "2026-01-01T00:00:00Z", "labels": labels,
                         "annotations": {"prometheus.io/scrape": "true", "checksum/config": "ef" * 32},
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name[:-6], "uid": "11111111-0000-4000-8000-000000000000", "controller": True}],
                         "managedFields": [{"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": fields}]},
            "spec": {"containers": [container("app"), container("proxy")], "nodeName": f"node-{i%100}", "restartPolicy": "Always",
                     "serviceAccountName": "default", "terminationGracePeriodSeconds": 30, "schedulerName": "default-scheduler",
                     "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
                     "volumes": [{"name": "token", "secret": {"secretName": "default-token", "defaultMode": 420}}]},
            "status": {"phase": "Running", "conditions": conditions, "hostIP": "192.0.2.1", "podIP": address,
                       "podIPs": [{"ip": address}], "startTime": "2026-01-01T00:00:00Z",
                       "containerStatuses": [status("app"), status("proxy")], "qosClass": "Burstable"}}

def dumps(o): return json.dumps(o, separators=(",", ":")).encode()

class Block:
    """100 events in one chunk, whose versions are overwritten each time it is sent."""
    def __init__(self, lines):
        body = b"".join(lines)
        self.count = len(lines)
        self.chunk = bytearray(b"%x\r\n" % len(body) + body + b"\r\n")
        mark, at, self.places = b'"resourceVersion":"', 0, []
        while (at := self.chunk.find(mark, at)) >= 0:
            at += len(mark)
            self.places.append(at)

    def stamped(self, rv):
        for k, place in enumerate(self.places): self.chunk[place:place + 9] = b"%d" % (rv + k)
        return bytes(self.chunk)

class Replay:
    def __init__(self, pods, events):
        self.pods, self.events = pods, events
        self.items = [dumps(pod(i, RV + i)) for i in range(pods)]
        lines = [b'{"type":"MODIFIED","object":' + dumps(pod(i % pods, RV)) + b"}\n" for i in range(min(events, 4000))]
        self.blocks = [Block(lines[k:k + 100]) for k in range(0, len(lines), 100)]
        self.event_bytes = len(lines[0])

    async def client(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                target = urllib.parse.urlsplit(head.split(b" ", 2)[1].decode())
                query = {k: v[0] for k, v in urllib.parse.parse_qs(target.query).items()}
                if query.get("watch") in ("1", "true"):
                    return await self.watch(writer)
                start, limit = int(query.get("continue") or 0), int(query.get("limit") or 0) or self.pods
                page = self.items[start:start + limit]
                more = str(start + limit) if start + limit < self.pods else ""
                body = (b'{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"%d","continue":"%s"},"items":[' % (RV + self.pods, more.encode())
                        + b",".join(page) + b"]}")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def watch(self, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent, k, rv = 0, 0, RV + self.pods + 1
        while sent < self.events:
            block = self.blocks[k % len(self.blocks)]
            writer.write(block.stamped(rv))
            await writer.drain()
            sent, k, rv = sent + block.count, k + 1, rv + block.count
        await asyncio.sleep(600)

async def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--port", type=int, default=18080)
    a.add_argument("--pods", type=int, default=1000)
    a.add_argument("--events", type=int, default=200000)
    a.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    o = a.parse_args()
    replay, context = Replay(o.pods, o.events), None
    if o.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*o.tls)
    server = await asyncio.start_server(replay.client, "127.0.0.1", o.port, limit=1 << 20, ssl=context)
    port = server.sockets[0].getsockname()[1]
    print(f"ready on 127.0.0.1:{port}: {o.pods} pods, {o.events} events of {replay.event_bytes} bytes", flush=True)
    async with server: await server.serve_forever()

asyncio.run(main())
