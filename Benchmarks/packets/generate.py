#!/usr/bin/env python3
"""Writes a pcap file: generate.py FILE PACKETS. TCP and UDP over IPv4, sizes as on a busy node, the same on every run."""
import random
import struct
import sys

SIZES = [60, 66, 66, 74, 90, 128, 256, 512, 1090, 1514]


def frame(rng, size):
    is_tcp = rng.random() < 0.8
    payload = size - 14 - 20 - (20 if is_tcp else 8)
    transport = (
        struct.pack("!HHIIBBHHH", rng.choice([80, 443, 6379]), rng.randrange(1024, 65536), 1, 1, 0x50, 0x18, 500, 0, 0)
        if is_tcp
        else struct.pack("!HHHH", 53, rng.randrange(1024, 65536), 8 + payload, 0)
    )
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0, 64, 6 if is_tcp else 17, 0,
        bytes([10, 244, rng.randrange(8), rng.randrange(256)]), bytes([10, 96, 0, rng.randrange(256)]))
    return bytes(12) + b"\x08\x00" + ip + transport + bytes(payload)


def main():
    path, count = sys.argv[1], int(sys.argv[2])
    rng = random.Random(1)
    frames = [frame(rng, rng.choice(SIZES)) for _ in range(4096)]
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for start in range(0, count, 4096):
            block = bytearray()
            for number in range(start, min(start + 4096, count)):
                data = frames[number % 4096]
                block += struct.pack(
                    "<IIII", 1700000000 + number // 100000, number % 100000 * 10, len(data), len(data))
                block += data
            out.write(block)


main()
