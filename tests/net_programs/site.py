#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# site.py - an HTTP server with every fault that a client may meet.
#
# Prints its port, later who is kept waiting, and serves on loopback until it is killed.  It writes its
# replies byte by byte itself, because a library would not let it misbehave.
import socket
import socketserver
import struct
import sys
import time
from urllib.parse import unquote


def reply(body, status="200 OK", kind="text/html", more="", length=None):
    length = len(body) if length is None else length
    head = (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}"
            f"Content-Length: {length}\r\nConnection: close\r\n\r\n")
    return head.encode() + body


def page(*links):
    return reply("".join(f'<p><a href="{link}">x</a>\n'
                         for link in links).encode())


def chunked(*chunks):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks)


# What the crawler is sent through: a tree of 30 pages, and corners.
CORNERS = {
    "/": page("tree/1", "corners/"),
    "/corners/": reply(b"""<html><a href=plain.txt>a</a>
        <A HREF = 'sub/../plain.txt#part'>the same</a>
        <a class="x" href="?q=1&amp;r=2">query</a> <link href="/style.css">
        <a data-href="/not-a-link">no link</a>
        <a href="//elsewhere.invalid/">out</a> <a href="mailto:me@here">out</a>
        <a href="https://127.0.0.1/">out</a>
        <a href="/missing">broken</a> <a href="/missing">again</a>
        <a href="/moved">moved</a> <a href="/loop">loop</a>
        <a href="/away">away</a> <a href="/%C3%BC/a%20b">encoded</a>
        <a href="/\xc3\xbc/a b">the same</a> <a href="">itself</a>
        <a href="#top">itself</a> <a href="/garbage">broken</a>"""),
    "/corners/?q=1&r=2": page("/corners/"),
    "/corners/plain.txt": reply(b'<a href="/not-html">', kind="text/plain"),
    "/style.css": reply(b"a { color: red }", kind="text/css"),
    "/stuck": page("/silent", "/silent?"),
    "/\u00fc/a b": page("/"),
    "/moved": reply(b"", "301 Moved Permanently",
                    more="Location: /arrived\r\n"),
    "/arrived": reply(b"arrived\n"),
    "/away": reply(b"", "302 Found",
                   more="Location: http://elsewhere.invalid/\r\n"),
}

# What single replies may look like.
REPLIES = {
    "/hello": reply(b"hello\n"),
    "/empty": reply(b""),
    "/chunked": chunked(b"hello ", b"world\n", b""),
    "/eof": b"HTTP/1.0 200 OK\r\n\r\nto the end\n",
    "/204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/continue": b"HTTP/1.1 100 Continue\r\n\r\n" + reply(b"then this\n"),
    "/tail": reply(b"hello\n") + b"more than was announced",
    "/loop": reply(b"", "302 Found", more="Location: /loop\r\n"),
    "/secure": reply(b"", "302 Found", more="Location: https://x/\r\n"),
    "/error": reply(b"sorry\n", "500 Internal Server Error"),
    "/short": reply(b"only this", length=1000),
    "/short-chunk": chunked(b"hello\n"),
    "/short-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "/nothing": b"",
    "/garbage": b"\x00\x01this is no HTTP at all\r\n\r\n",
    "/bad-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "/bad-length": reply(b"", length="many"),
    "/smuggled": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                 b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "/switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
               b"Connection: upgrade\r\n\r\n",
    "/huge-head": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200000 + b"\r\n\r\n",
    "/long-location": reply(b"", "302 Found",
                            more="Location: /" + "x" * 5000 + "\r\n"),
}


def tree(n):
    return page(*(f"{child}" for child in (2 * n, 2 * n + 1) if child <= 30),
                "/")


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline().decode("latin-1").split()
        while self.rfile.readline().strip():
            pass
        path = unquote(line[1]) if len(line) == 3 else ""
        try:
            self.answer(path)
        except OSError:
            pass  # the client had enough

    def answer(self, path):
        name, _, number = path.rpartition("/")
        if path in CORNERS or path in REPLIES:
            self.wfile.write(CORNERS.get(path) or REPLIES[path])
        elif name == "/tree" and int(number) <= 30:
            self.wfile.write(tree(int(number)))
        elif name == "/delay":  # milliseconds
            time.sleep(int(number) / 1000)
            self.wfile.write(reply(b"late\n"))
        elif name == "/big":  # bytes
            self.wfile.write(reply(b"x" * int(number)))
        elif name == "/hop":
            target = f"/hop/{int(number) - 1}" if int(number) > 1 else "/hello"
            self.wfile.write(reply(b"over there\n", "302 Found",
                                   more=f"Location: {target}\r\n"))
        elif path.startswith("/silent"):
            print("silent", flush=True)
            self.rfile.read()
        elif path == "/endless":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
            while True:
                self.wfile.write(b"x" * 65536)
        elif path == "/drip":
            for byte in chunked(b"drop", b" by drop\n", b""):
                self.wfile.write(bytes([byte]))
                time.sleep(0.001)
        elif path == "/reset":
            self.wfile.write(reply(b"half", length=8))
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self.wfile.write(reply(b"no such page\n", "404 Not Found"))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True


with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
