#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""churn.py - clients come and go for long, and what is left of them.

    tests/quotes/churn.py page build/release/cede-quotes [MINUTES]
    tests/quotes/churn.py echo build/release/net-echo [MINUTES]

Some fifty clients at a time, each for a moment: they read or do not, end
politely, by a reset or amid a request, or talk nonsense.  Every minute (thirty
of them if nothing is said) all leave, and a line says how many came so far and
how many descriptors and how much memory the server has.  Status 1 if there are
more descriptors at the end than at the beginning, or if memory grew by over
5 % after the first tenth.
"""
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
STOCKS = os.path.join(HERE, "../../examples/quotes/stocks.csv")
CLIENTS = 50

KINDS = {
    "page": {
        "args": ["--serve", "http://127.0.0.1:0", "--watch", "--repeat",
                 STOCKS],
        "says": [b"GET /events HTTP/1.1\r\nHost: here\r\n\r\n",
                 b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
                 b"GET /lost HTTP/1.1\r\nHost: here\r\n\r\n" * 20,
                 b"GET / HT", b"nonsense\r\n\r\n", b""],
    },
    "echo": {
        "args": ["tcp://127.0.0.1:0"],
        "says": [b"hello\n", b"x" * 100000, b"x" * 3000000, b""],
    },
}


def start(kind, program):
    """The server, and the port where it says that it listens."""
    said = tempfile.TemporaryFile("w+b")
    server = subprocess.Popen(
        [os.path.abspath(program), *KINDS[kind]["args"]], stdout=said,
        stderr=said, stdin=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    for _ in range(500):
        time.sleep(0.02)
        found = re.search(rb"127\.0\.0\.1:(\d+)",
                          os.pread(said.fileno(), 4096, 0))
        if found:
            return server, int(found[1])
    server.kill()
    sys.exit("churn: it does not say where it listens")


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def kilobytes(server):
    with open(f"/proc/{server.pid}/status", encoding="ascii") as about:
        return int(re.search(r"VmRSS:\s+(\d+)", about.read())[1])


def come(port, says):
    client = socket.create_connection(("127.0.0.1", port), 10)
    client.setblocking(False)
    try:
        client.send(random.choice(says))
    except (BlockingIOError, ConnectionError):
        pass
    return client


def look(client):
    """Read a little, perhaps."""
    try:
        client.recv(random.choice([1, 1000, 100000]))
    except (BlockingIOError, ConnectionError):
        pass


def leave(client):
    how = random.randrange(3)
    try:
        if how == 0:
            client.shutdown(socket.SHUT_WR)
        elif how == 1:  # by a reset
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
    except OSError:
        pass
    client.close()


def churn(port, says, seconds):
    """How many came."""
    clients = []
    came = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        clients.append(come(port, says))
        came += 1
        look(random.choice(clients))
        if len(clients) > CLIENTS:
            leave(clients.pop(random.randrange(len(clients))))
        if came % 20 == 0:
            time.sleep(0.1)
    for client in clients:
        leave(client)
    return came


def settled(server, wanted):
    """Its descriptors, when there are no more than wanted, or after a while."""
    for _ in range(300):
        if descriptors(server) <= wanted:
            break
        time.sleep(0.1)
    return descriptors(server)


def main():
    kind, program = sys.argv[1:3]
    minutes = float(sys.argv[3]) if len(sys.argv) > 3 else 30
    server, port = start(kind, program)
    churn(port, KINDS[kind]["says"], 5)  # it has everything it needs
    time.sleep(2)
    before = descriptors(server)
    total = 0
    memory = []
    began = time.monotonic()
    while time.monotonic() - began < minutes * 60:
        total += churn(port, KINDS[kind]["says"], min(60, minutes * 60))
        now = settled(server, before)
        memory.append(kilobytes(server))
        print(f"{(time.monotonic() - began) / 60:5.1f} min  {total:9,} clients"
              f"  {now} descriptors  {memory[-1]:,} KiB", flush=True)
    server.send_signal(signal.SIGINT)
    server.wait(30)
    first = memory[len(memory) // 10]
    if now > before or memory[-1] > 1.05 * first:
        sys.exit(f"churn: {before} descriptors became {now}, "
                 f"{first:,} KiB {memory[-1]:,}")


if __name__ == "__main__":
    main()
