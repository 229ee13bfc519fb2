"""How long it takes until a broken edit stands in the hub's status, with the line and the column at which it is broken."""
import asyncio, time
from processes import Status, worker

# What is demanded of the slowest of a hundred.
LIMIT_MS = 150

# By what is broken: the text, and who refuses it. Each round's stands on another line, so that no answer is an older one's.
KINDS = {
    "syntax": ("var = {round};", ("hub", "worker")),
    # The hub takes it over, workers do not.
    "worker": ("if (utils.nodeName() !== 'hub') throw new Error('round {round}');", ("worker",)),
}

async def measure(cluster, hub, count, arguments, edit, remora):
    status = Status(hub.port, hub.token)
    # What the rounds with other workers have left is broken.
    await edit()
    workers = [worker(remora, cluster.folder, n, hub.port, hub.token_file, time.perf_counter) for n in range(count)]
    try:
        await status.until(lambda s: s["fleet"]["current"] == count)
        return [await rounds(kind, count, arguments, edit, status) for kind in KINDS]
    finally:
        for process in workers: process.stop()

async def rounds(kind, count, arguments, edit, status):
    code, refusers = KINDS[kind]
    times = {who: [] for who in refusers}
    for number in range(1, arguments.rounds + 1):
        line = number + 1
        await edit({0: "\n" * number + code.format(round=number) + "\n"})
        start = time.perf_counter()
        def hub_refuses(s):
            script = s["scripts"][0]
            return script["state"] == "outdated" and at(script.get("error"), line)
        def workers_refuse(s):
            return sum(any(f["index"] == 0 and at(f, line) for f in w.get("refused", [])) for w in s["workers"]) == count
        for who, condition in (("hub", hub_refuses), ("worker", workers_refuse)):
            if who not in refusers: continue
            await status.until(condition)
            times[who].append((time.perf_counter() - start) * 1000)
        await asyncio.sleep(0.2)
    result = {"part": "broken", "broken_for": kind, "workers": count, "rounds": arguments.rounds, "limit_ms": LIMIT_MS}
    for who, all_of_it in times.items():
        all_of_it.sort()
        p = lambda q: round(all_of_it[min(len(all_of_it) - 1, int(q * len(all_of_it)))], 1)
        # As seen by somebody who asks for the status again and again: one request is part of it.
        result |= {f"{who}_p50_ms": p(.5), f"{who}_p99_ms": p(.99), f"{who}_most_ms": p(1)}
    result["is_within_limit"] = all(result[f"{who}_p99_ms"] <= LIMIT_MS for who in times)
    return result

def at(failure, line): return failure is not None and failure.get("line") == line and (failure.get("column") or 0) > 0
