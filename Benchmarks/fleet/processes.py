"""What the parts of `run` are made of: a real worker, a network that can be cut, a hub that is asked how it is."""
import asyncio, http.client, json, pathlib, struct, subprocess, tempfile, threading

class Process:
    """A program whose output is kept line by line, each with the time at which it came."""
    def __init__(self, arguments, log, clock):
        self.lines, self.clock = [], clock
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=open(log, "w"), text=True)
        threading.Thread(target=self.read, daemon=True).start()
    def read(self):
        for line in self.process.stdout: self.lines.append((self.clock(), line.rstrip("\n")))
    def stop(self):
        self.process.terminate()
        self.process.wait()

def worker(remora, folder, number, port, token, clock):
    """`remora worker --hub`, on the node of its number; what it captures is an empty recording."""
    data = pathlib.Path(tempfile.mkdtemp(prefix="worker-", dir=folder))
    # The header of a file in which nothing follows (libpcap's format, Ethernet).
    capture = data / "empty.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    return Process([remora, "worker", "--listen", "none", "--pcap", capture, "--hub", f"http://127.0.0.1:{port}",
                    "--hub-token-file", token, "--node", node(number), "--data", data, "--ring-size", "2"],
                   f"{data}/log", clock)

def node(number): return f"bench-{number}"

class Status:
    """The hub's status, by one connection that is kept, as often as wanted."""
    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.headers = {"Authorization": f"Bearer {token}"}
    def read(self):
        self.connection.request("GET", "/status", headers=self.headers)
        return json.loads(self.connection.getresponse().read())
    async def until(self, condition, limit=60, pause=0.002):
        """Asks until the condition holds; returns the status. A limit that is reached ends the program."""
        loop = asyncio.get_running_loop()
        end = loop.time() + limit
        while not condition(status := await asyncio.to_thread(self.read)):
            if loop.time() > end: raise SystemExit(f"not within {limit} s: {json.dumps(status)[:2000]}")
            await asyncio.sleep(pause)
        return status

class Network:
    """A way to a port that can be cut: then nothing passes and nothing is closed, as when a cable is pulled. What was
    written meanwhile arrives when it heals, if the connection is still there."""
    @classmethod
    async def to(cls, port):
        self = cls()
        self.port_behind, self.passes = port, asyncio.Event()
        self.passes.set()
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        self.tasks = set()
        return self
    def cut(self): self.passes.clear()
    def heal(self): self.passes.set()
    async def accept(self, reader, writer):
        # A connection that is asked for during the cut comes about when its SYN is sent again for the first time after it:
        # after 1, 3, 7, 15 s and so on, as Linux does. One that was given up before does not.
        held = []
        async def hold():
            while data := await reader.read(1 << 16): held.append(data)
        if not self.passes.is_set():
            holding, clock = asyncio.create_task(hold()), asyncio.get_running_loop().time
            begin, pause = clock(), 1
            await self.passes.wait()
            while begin + pause < clock(): pause = 2 * pause + 1
            try: await asyncio.sleep(begin + pause - clock())
            except asyncio.CancelledError: return writer.close()
            if holding.done(): return writer.close()
            holding.cancel()
        try: other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self.port_behind)
        except OSError: return writer.close()
        other_writer.writelines(held)
        for task in (asyncio.create_task(self.pass_on(reader, other_writer)),
                     asyncio.create_task(self.pass_on(other_reader, writer))):
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
    async def pass_on(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                await self.passes.wait()
                writer.write(data)
                await writer.drain()
            await self.passes.wait()
        except OSError: pass
        finally: writer.close()
    async def stop(self):
        self.heal()
        self.server.close()
        for task in list(self.tasks): task.cancel()
