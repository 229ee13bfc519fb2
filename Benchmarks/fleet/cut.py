"""What a worker has of a time without network: it is back by itself, runs the newest set, and has been told of everything that
happened to its pods, once."""
import asyncio, collections, re, time
from processes import Network, Status, node, worker

# Prints each call of onPodEvent. In batches: the console takes a hundred lines a second of a script, and what a cut has held
# back comes at once.
RECORDER = """
var told = [];
function onPodEvent(event, pod, change) {
  if (pod.metadata.name.indexOf("cut-") !== 0) return;
  told.push([event, pod.metadata.name, change ? change.kind : "-", change && !change.firstSeen ? "again" : "news"].join("/"));
}
setInterval(function () { if (told.length > 0) { console.log("told " + told.join(" ")); told = []; } }, 100);
"""
MARKER = "console.log('set {number} runs');\n"

class Pods:
    """Pods of the worker's node, which begin, die and go as the API server has it: there is no kubelet."""
    def __init__(self, cluster, namespace):
        self.cluster, self.path, self.count = cluster, f"/api/v1/namespaces/{namespace}/pods", 0
        # How often each word has to be told.
        self.expected = collections.Counter()
    async def live(self):
        """One more pod: it is made, its container dies, and each third is deleted."""
        name, self.count = f"cut-{self.count}", self.count + 1
        await self.ask("POST", "", {
            "metadata": {"name": name},
            "spec": {"nodeName": node(0), "automountServiceAccountToken": False, "containers": [{"name": "app", "image": "app:1"}]}})
        self.expected[f"ADDED/{name}/-"] += 1
        run = {"exitCode": 3, "reason": "Error", "containerID": f"containerd://{name}-1",
               "finishedAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        await self.ask("PATCH", f"/{name}/status", {"status": {"phase": "Running", "containerStatuses": [{
            "name": "app", "ready": True, "restartCount": 1, "image": "app:1", "imageID": "",
            "containerID": f"containerd://{name}-2", "state": {"running": {"startedAt": run["finishedAt"]}},
            "lastState": {"terminated": run}}]}})
        self.expected[f"MODIFIED/{name}/crashed"] += 1
        if self.count % 3 == 0:
            await self.ask("DELETE", f"/{name}?gracePeriodSeconds=0")
            self.expected[f"MODIFIED/{name}/terminating"] += 1
            self.expected[f"DELETED/{name}/gone"] += 1
    async def ask(self, method, path, body=None):
        await asyncio.to_thread(self.cluster.request, method, self.path + path, body,
                                "application/merge-patch+json" if method == "PATCH" else "application/json")

def told(process):
    """Of what the worker's script was told, how often each."""
    counts = collections.Counter()
    for _, line in list(process.lines):
        if found := re.search(r"\] told (.*)", line): counts.update(word.rsplit("/", 1)[0] for word in found.group(1).split(" "))
    return counts

async def measure(cluster, hub, arguments, edit, remora, namespace):
    await edit({0: RECORDER, 1: MARKER.format(number=1)})
    network = await Network.to(hub.port)
    status = Status(hub.port, hub.token)
    process = worker(remora, cluster.folder, 0, network.port, hub.token_file, time.perf_counter)
    pods = Pods(cluster, namespace)
    try:
        await status.until(lambda s: s["fleet"]["current"] == 1)
        for _ in range(5): await pods.live()
        await until(lambda: told(process) >= pods.expected)

        begin = time.perf_counter()
        network.cut()
        edits, noticed = 1, None
        while (elapsed := time.perf_counter() - begin) < arguments.cut:
            await pods.live()
            if elapsed > arguments.cut * edits / 4:
                edits += 1
                await edit({0: RECORDER, 1: MARKER.format(number=edits)})
            state = (await asyncio.to_thread(status.read))["workers"][0]["state"]
            if noticed is None and state == "disconnected": noticed = elapsed
            await asyncio.sleep(max(0, 1 - (time.perf_counter() - begin - elapsed)))
        during = pods.count

        heal = time.perf_counter()
        network.heal()
        await status.until(lambda s: s["workers"][0]["state"] != "disconnected")
        connected = time.perf_counter() - heal
        await status.until(lambda s: s["workers"][0]["state"] == "current")
        current = time.perf_counter() - heal
        await until(lambda: any(f"set {edits} runs" in line for _, line in list(process.lines)))
        if not await until(lambda: told(process) >= pods.expected, 60, isRequired=False): complete = None
        else: complete = round(time.perf_counter() - heal, 2)
        # What lives on is told as before; what would be told twice has had its time.
        for _ in range(3): await pods.live()
        await until(lambda: told(process) >= pods.expected, 30, isRequired=False)
        await asyncio.sleep(3)
        heard = told(process)
        lost, twice = sorted((pods.expected - heard)), sorted(w for w in heard if heard[w] > pods.expected[w])
        return {"part": "cut", "cut_s": arguments.cut, "pods": during, "edits": edits - 1,
                "hub_noticed_s": noticed and round(noticed, 1), "connected_again_s": round(connected, 2),
                "newest_set_s": round(current, 2), "all_told_s": complete, "told": sum(heard.values()),
                "lost": len(lost), "twice": len(twice), "examples": (lost + twice)[:10]}
    finally:
        process.stop()
        await network.stop()

async def until(condition, limit=60, isRequired=True):
    end = time.perf_counter() + limit
    while not condition():
        if time.perf_counter() > end:
            if isRequired: raise SystemExit(f"not within {limit} s")
            return False
        await asyncio.sleep(0.02)
    return True
