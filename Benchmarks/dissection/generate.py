#!/usr/bin/env python3
"""Writes a pcap file: generate.py FILE PAIRS. HTTP/1.1 over kept connections, as between a load generator and a web
server on a veth: half of the answers 1 KB, a third small, some posts, a tenth of 10 KB, all with segmentation offload,
that is one packet a message. The same on every run."""
import random
import struct
import sys

CONNECTIONS = 64
CLIENT, SERVER, PORT = 0x0A000001, 0x0A000002, 8080
COMMON = (
    "Host: 10.0.0.2:8080\r\nUser-Agent: remora-bench/1.0 (X11; Linux x86_64)\r\nAccept: application/json, text/plain, */*\r\n"
    "Accept-Language: en-US,en;q=0.9\r\nX-Request-Id: %016x\r\nCookie: sid=2f1c7b8a9d; theme=dark; lang=en\r\n"
)


def request(n):
    kind, head = n % 10, COMMON % (n * 2654435761 % 2**64)
    if kind < 5:
        return f"GET /1k.json?q={n} HTTP/1.1\r\n{head}\r\n"
    if kind < 8:
        return f"GET /echo?id={n} HTTP/1.1\r\n{head}\r\n"
    if kind < 9:
        body = '{"id":%d,"body":"%s"}' % (n, "x" * 200)
        return f"POST /echo/post/{n} HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return f"GET /10k.json HTTP/1.1\r\n{head}\r\n"


def response(n):
    kind = n % 10
    length = 1024 if kind < 5 else 10240 if kind == 9 else 24
    return (
        "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 20 Jul 2026 10:00:00 GMT\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\nLast-Modified: Mon, 20 Jul 2026 09:00:00 GMT\r\nConnection: keep-alive\r\n"
        'ETag: "64b8f0a0-400"\r\nAccept-Ranges: bytes\r\n\r\n' + ("0123456789abcdef" * 640)[:length]
    )


class Capture:
    def __init__(self, out):
        self.out, self.time, self.count, self.block = out, 1_700_000_000_000_000, 0, bytearray()
        self.block += struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)

    def packet(self, source, destination, ports, sequence, acknowledgement, flags, payload=b""):
        length = 54 + 12 + len(payload)
        self.time += 3
        self.count += 1
        self.block += struct.pack("<IIII", self.time // 1_000_000, self.time % 1_000_000, length, length)
        self.block += b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0"
        self.block += struct.pack("!BBHHHBBHII", 0x45, 0, (length - 14) & 0xFFFF, 7, 0x4000, 64, 6, 0, source, destination)
        self.block += struct.pack("!HHIIBBHHH", *ports, sequence % 2**32, acknowledgement % 2**32, 0x80, flags, 501, 0, 0)
        self.block += b"\x01\x01\x08\x0a" + struct.pack("!II", self.time % 2**32, self.time % 2**32) + payload
        if len(self.block) > 1 << 20:
            self.flush()

    def flush(self):
        self.out.write(self.block)
        self.block.clear()


def main():
    path, pairs = sys.argv[1], int(sys.argv[2])
    rng = random.Random(1)
    with open(path, "wb") as out:
        capture = Capture(out)
        # Next sequence numbers of the client and of the server.
        state = []
        for number in range(CONNECTIONS):
            port = 40_000 + number
            client, server = rng.randrange(2**32), rng.randrange(2**32)
            capture.packet(CLIENT, SERVER, (port, PORT), client, 0, 0x02)
            capture.packet(SERVER, CLIENT, (PORT, port), server, client + 1, 0x12)
            capture.packet(CLIENT, SERVER, (port, PORT), client + 1, server + 1, 0x10)
            state.append([port, client + 1, server + 1])
        for n in range(pairs):
            connection = state[rng.randrange(CONNECTIONS)]
            port, client, server = connection
            ask, answer = request(n).encode(), response(n).encode()
            capture.packet(CLIENT, SERVER, (port, PORT), client, server, 0x18, ask)
            client += len(ask)
            capture.packet(SERVER, CLIENT, (PORT, port), server, client, 0x18, answer)
            server += len(answer)
            if n % 8 == 0:
                capture.packet(CLIENT, SERVER, (port, PORT), client, server, 0x10)
            connection[1:] = client, server
        capture.flush()
        print(capture.count)


main()
