#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""live.py - the tests of cede-quotes --serve and --connect.

    tests/quotes/live.py PROGRAM [CASE]...

Every function test_CASE is a statement about the program; without CASE all are
checked.  The program serves on free ports of the loopback and is asked by what
people use: curl, nc, sockets, and a headless Chromium (browser.py).  Status: 0,
1 if a case failed, 77 if the only case cannot be checked here.  With
CEDE_SCREENSHOT in the environment the browser's cases leave a picture there.
"""
import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True  # the tree stays as it is
import browser  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
STOCKS = os.path.join(HERE, "../../examples/quotes/stocks.csv")
EXPECTED = open(os.path.join(HERE, "stocks-sma10.expected.csv"), "rb").read()
PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
PATIENCE = 30  # seconds, for what should take none


class Skip(Exception):
    """This cannot be checked here."""


def need(*programs):
    for name in programs:
        if not shutil.which(name):
            raise Skip(f"no {name}")


def wait_until(what, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.02)


class Server:
    """The program, serving."""

    def __init__(self, *args, source=(STOCKS,), input=subprocess.DEVNULL):
        self.err = tempfile.TemporaryFile("w+b")
        # A shell's background job may have left SIGINT ignored.
        self.process = subprocess.Popen(
            [PROGRAM, *args, *source], stdin=input, stdout=subprocess.DEVNULL,
            stderr=self.err,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        wanted = args.count("--serve")
        try:
            wait_until(lambda: self.ended() or len(self.addresses()) == wanted)
        except AssertionError:
            self.process.kill()
            raise
        if self.ended() and "built without llhttp" in self.said():
            raise Skip("built without llhttp")
        assert not self.ended(), self.said()

    def ended(self):
        return self.process.poll() is not None

    def said(self):
        return os.pread(self.err.fileno(), 1 << 20, 0).decode()

    def addresses(self):
        return re.findall(r"^cede-quotes: serving (\S+)$", self.said(), re.M)

    @property
    def url(self):
        return next(a for a in self.addresses() if a.startswith("http:"))

    def port(self, scheme="http"):
        found = next(a for a in self.addresses() if a.startswith(scheme + ":"))
        return int(re.search(r":(\d+)/?$", found)[1])

    def descriptors(self):
        """How many are open; of a replay, which has read its files, all but a
        few are clients'."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def kilobytes(self):
        with open(f"/proc/{self.process.pid}/status") as about:
            return int(re.search(r"VmRSS:\s+(\d+)", about.read())[1])

    def stop(self):
        """Interrupt it: its status, 0 as a rule."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            status = None if self.ended() else self.stop()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        if kind is None and status is not None:
            assert status == 0, f"status {status}: {self.said()}"


class Client:
    """A connection, read as lines."""

    def __init__(self, port, request=b""):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(request)
        self.lines = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def answer(self):
        """Of HTTP: status, headers and body."""
        status = int(self.lines.readline().split()[1])
        headers = {}
        while (line := self.lines.readline().strip()):
            name, value = line.decode().split(": ", 1)
            headers[name.lower()] = value
        body = self.lines.read(int(headers.get("content-length", 0)))
        return status, headers, body

    def rest(self):
        return self.lines.read()


class Subscriber(Client):
    """A reader of events: of each its id, kind and data."""

    def __init__(self, port, last=None):
        more = f"Last-Event-ID: {last}\r\n" if last else ""
        super().__init__(port, ("GET /events HTTP/1.1\r\nHost: here\r\n"
                                f"{more}\r\n").encode())
        self.id = None

    def start(self):
        status, headers, _ = self.answer()
        assert status == 200, status
        assert headers["content-type"] == "text/event-stream", headers
        kind, self.hello = self.event()
        assert kind == "hello", kind
        return self

    def event(self):
        """The next one: kind and data; None: the server is gone."""
        kind, data = "message", None
        while (line := self.lines.readline().decode()):
            line = line.rstrip("\n")
            name, _, value = line.partition(": ")
            if name == "id":
                self.id = value
            elif name == "event":
                kind = value
            elif name in ("data", "data:"):
                data = json.loads(value) if value else ""
            elif not line and data is not None:
                return kind, data
        return None

    def quotes(self, n):
        """The next n quotes."""
        found = []
        while len(found) < n:
            kind, data = self.event()
            assert kind == "message", kind
            found.append(data)
        return found


def is_sanitized():
    """Sanitizers keep for a while what was freed."""
    with open(PROGRAM, "rb") as program:
        return re.search(rb"__[at]san_init", program.read()) is not None


def run(*args):
    """Run the program to its end: status, output, errors."""
    done = subprocess.run([PROGRAM, *args], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


def ask(port, request):
    with Client(port, request) as client:
        status, headers, body = client.answer()
        return status, headers, body, client


def web(*args, **options):
    return Server("--serve", "http://127.0.0.1:0", *args, **options)


def plain(*args, **options):
    return Server("--serve", "tcp://127.0.0.1:0", *args, **options)


# ---- lines ------------------------------------------------------------------


def test_line_clients_get_what_the_program_prints():
    with plain() as server, Client(server.port("tcp")) as client:
        assert client.rest() == EXPECTED


def test_netcat_is_a_line_client():
    need("nc")
    with plain() as server:
        got = subprocess.run(["nc", "-d", "127.0.0.1", str(server.port("tcp"))],
                             capture_output=True, timeout=PATIENCE, check=True)
        assert got.stdout == EXPECTED


def test_lines_come_as_they_are_read():
    ours, theirs = os.pipe()
    with plain(source=(), input=ours) as server:
        with Client(server.port("tcp")) as client:
            assert client.lines.readline() == b"symbol,date,price,sma10\n"
            os.write(theirs, b"symbol,date,price\nA,today,1.5\n")
            assert client.lines.readline() == b"A,today,1.5,\n"
            os.write(theirs, b"A,tomorrow,2\n")
            assert client.lines.readline() == b"A,tomorrow,2,\n"
            os.close(theirs)
            assert client.rest() == b""
    os.close(ours)


def test_unix_sockets_are_served():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "quotes")
        with Server("--serve", f"unix:{path}"):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(PATIENCE)
                client.connect(path)
                assert client.makefile("rb").read() == EXPECTED
        assert not os.path.exists(path), "its file is left"


# ---- connecting -------------------------------------------------------------


def test_what_is_connected_to_is_read_like_a_file():
    with plain() as server:
        status, out, err = run("--connect", server.addresses()[0])
        assert (status, out, err) == (0, EXPECTED, ""), err
        status, out, err = run("--summary", "--connect", server.addresses()[0])
        assert (status, err) == (0, ""), err
        assert out == run("--summary", STOCKS)[1]


def test_servers_are_chained():
    with plain("--rate", "2000") as first:
        with plain("--connect", first.addresses()[0], source=()) as second:
            with plain("--connect", second.addresses()[0], source=()) as third:
                with Client(third.port("tcp")) as client:
                    assert client.rest() == EXPECTED


def test_nobody_to_connect_to_is_an_error():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        status, _, err = run("--connect", address)
        assert status == 2, status
        assert address in err, err


# ---- HTTP -------------------------------------------------------------------


def curl(*args):
    need("curl")
    return subprocess.run(["curl", "-sS", "-m", str(PATIENCE), *args],
                          capture_output=True, check=False).stdout


def test_curl_gets_the_page():
    with web() as server:
        page = curl("-i", server.url)
        head, _, body = page.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
        assert b"Content-Type: text/html; charset=utf-8" in head, head
        assert f"Content-Length: {len(body)}".encode() in head, head
        assert b"EventSource" in body and body.endswith(b"</html>\n")
        assert b"http://" not in re.sub(rb"<!--.*?-->|/\*!.*?\*/", b"", body,
                                        flags=re.S), "it needs the network"


def test_curl_gets_the_events():
    with web() as server:
        got = subprocess.Popen(["curl", "-sSN", server.url + "events"],
                               stdout=subprocess.PIPE)
        events = []
        while (line := got.stdout.readline()) != b"event: end\n":
            if line.startswith(b'data: {"n"'):
                events.append(json.loads(line[6:]))
        got.kill()
        got.communicate()
    rows = list(csv.DictReader(EXPECTED.decode().splitlines()))
    assert [e["n"] for e in events] == list(range(1, len(rows) + 1))
    for event, row in zip(events, rows):
        assert event["symbol"] == row["symbol"] and event["date"] == row["date"]
        assert event["price"] == float(row["price"])
        want = float(row["sma10"]) if row["sma10"] else None
        assert event["average"] == want, (event, row)
        assert abs(event["t"] / 1000 - time.time()) < 2 * PATIENCE


def test_a_browser_is_told_who_serves_and_what():
    with web("--window", "7") as server:
        with Subscriber(server.port()).start() as first:
            assert first.hello["window"] == 7
        with Subscriber(server.port()).start() as second:
            assert second.hello == first.hello
    with web() as server, Subscriber(server.port()).start() as third:
        assert third.hello["epoch"] != first.hello["epoch"]


def test_texts_are_escaped_in_events():
    ours, theirs = os.pipe()
    os.write(theirs, b'symbol,date,price\n"A""\\\t,","<\xc3\xa4>",-0.5\n')
    with web(source=(), input=ours) as server:
        with Subscriber(server.port()).start() as client:
            quote, = client.quotes(1)
            assert quote["symbol"] == 'A"\\\t,' and quote["date"] == "<ä>"
            assert quote["price"] == -0.5
    os.close(theirs)
    os.close(ours)


def test_who_comes_back_gets_what_it_missed():
    with web() as server:
        with Subscriber(server.port()).start() as client:
            client.quotes(100)
            last = client.id
        with Subscriber(server.port(), last=last).start() as client:
            assert client.quotes(1)[0]["n"] == 101


def test_who_comes_back_to_another_run_gets_everything():
    with web() as server:
        for last in ("1-500", "no id", "-5", "x" * 1000):
            with Subscriber(server.port(), last=last).start() as client:
                assert client.quotes(1)[0]["n"] == 1, last
        with Subscriber(server.port()).start() as client:
            client.quotes(1)
            epoch = client.id.split("-")[0]
        for last in (f"{epoch}-561", f"{epoch}-9x", f"{epoch}-", epoch):
            with Subscriber(server.port(), last=last).start() as client:
                assert client.quotes(1)[0]["n"] == 1, last


def test_other_requests_are_refused():
    large = b"X: " + b"x" * 9000 + b"\r\n\r\n"
    cases = [
        (404, b"GET /other HTTP/1.1\r\nHost: here\r\n\r\n"),
        (404, b"GET /eventsx HTTP/1.1\r\nHost: here\r\n\r\n"),
        (404, b"GET /" + b"e" * 4000 + b" HTTP/1.1\r\nHost: here\r\n\r\n"),
        (405, b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc"),
        (405, b"HEAD / HTTP/1.1\r\nHost: here\r\n\r\n"),
        (405, b"GET / HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc"),
        (431, b"GET / HTTP/1.1\r\nHost: here\r\n" + large),
        (431, b"GET /" + b"x" * 9000),
        (400, b"garbage\r\n\r\n"),
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 500),
        (400, b"GET / HTTP/1.1\r\nHost : here\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\nContent-Length: 1\r\n"
              b"Transfer-Encoding: chunked\r\n\r\n"),
        (400, b"\0" * 100000),
    ]
    with web() as server:
        for want, request in cases:
            with Client(server.port(), request) as client:
                status, headers, _ = client.answer()
                assert status == want, (request[:40], status)
                if want != 404:
                    assert headers["connection"] == "close", request[:40]
                    assert client.rest() == b"", request[:40]
                if want == 405:
                    assert headers["allow"] == "GET"
        assert ask(server.port(), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")[0] == 200
        assert server.said().count("\n") == 1, server.said()


def test_a_connection_takes_one_request_after_another():
    once = b"GET /?now HTTP/1.1\r\nHost: here\r\n\r\n"
    lost = b"GET /lost HTTP/1.1\r\nHost: here\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    with web() as server, Client(server.port(), once + lost) as client:
        assert client.answer()[0] == 200
        assert client.answer()[0] == 404
        for byte in range(len(last)):
            client.socket.sendall(last[byte:byte + 1])
        assert client.answer()[0] == 200
        assert client.rest() == b""


# ---- many -------------------------------------------------------------------


def test_who_never_reads_holds_nobody_up_and_gets_the_latest():
    with web("--rate", "5000", "--repeat") as server:
        quiet = [Subscriber(server.port()) for _ in range(96)]
        fast = [Subscriber(server.port()).start() for _ in range(4)]
        before = None
        for turn in range(12):
            for client in fast:
                numbers = [q["n"] for q in client.quotes(1000)]
                first = numbers[0] if turn == 0 else client.next
                assert numbers == list(range(first, first + 1000))
                client.next = first + 1000
            if turn == 4:
                before = server.kilobytes()
        grown = server.kilobytes() - before
        assert grown < 96 * 64 or is_sanitized(), f"memory grew by {grown} KiB"
        # What they were sent meanwhile, a gap, and then what is new.
        client = quiet[0].start()
        seen = 0
        gaps = 0
        while gaps == 0:
            n = client.quotes(1)[0]["n"]
            assert n > seen
            gaps += seen > 0 and n > seen + 1
            seen = n
        assert seen > 3000, seen
        for client in quiet + fast:
            client.__exit__()


def idle_descriptors(server):
    """Those without clients, once the replay has begun."""
    with Subscriber(server.port()).start() as client:
        client.quotes(1)
        with_one = server.descriptors()
    wait_until(lambda: server.descriptors() == with_one - 1)
    return with_one - 1


def test_clients_that_leave_leave_nothing():
    with web("--serve", "tcp://127.0.0.1:0", "--watch", "--repeat") as server:
        before = idle_descriptors(server)
        for _ in range(3):
            clients = [Subscriber(server.port()).start() for _ in range(20)]
            clients += [Client(server.port("tcp")) for _ in range(20)]
            clients += [Client(server.port(), b"GET /ev") for _ in range(10)]
            wait_until(lambda: server.descriptors() == before + 50)
            for client in clients:
                client.__exit__()
            wait_until(lambda: server.descriptors() == before)


# ---- life -------------------------------------------------------------------


def test_an_interrupt_ends_it_well_with_clients_there():
    with web("--serve", "tcp://127.0.0.1:0", "--rate", "100",
             "--repeat") as server:
        clients = [Subscriber(server.port()).start() for _ in range(5)]
        clients += [Client(server.port("tcp")), Client(server.port(), b"GET")]
        start = time.monotonic()
        assert server.stop() == 0, server.said()
        assert time.monotonic() - start < PATIENCE / 2
        assert server.said().count("\n") == 2, server.said()
        for client in clients:
            client.__exit__()


def test_repeat_goes_on_where_the_averages_were():
    with plain("--repeat", "--rate", "5000") as server:
        with Client(server.port("tcp")) as client:
            lines = [client.lines.readline() for _ in range(600)]
    assert lines[:561] == EXPECTED.splitlines(keepends=True)[:560] + \
        [EXPECTED.splitlines()[560] + b"\n"]
    assert lines[561].startswith(b"MSFT,Jan 1 2000,39.81,")
    assert lines[561] != lines[1], "its average is that of eleven prices"


def test_the_rate_is_kept():
    with plain("--rate", "200") as server, Client(server.port("tcp")) as client:
        start = time.monotonic()
        client.rest()
        took = time.monotonic() - start
        assert 2 < took < PATIENCE, took


def test_a_replay_is_served_while_it_is_watched():
    with web("--watch", "--speed", "20", "--repeat") as server:
        with Subscriber(server.port()).start() as client:
            assert len({q["symbol"] for q in client.quotes(1500)}) == 5


def test_what_cannot_be_served_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        cases = [
            (("--serve", f"tcp://127.0.0.1:{port}"), str(port)),
            (("--serve", f"http://127.0.0.1:{port}"), str(port)),
            (("--serve", "http://127.0.0.1"), "127.0.0.1"),
            (("--serve", "ftp://127.0.0.1:1"), "ftp"),
            (("--serve", "tcp://127.0.0.1:0") * 9, "at most 8"),
            (("--repeat",), "only files"),
            (("--repeat", "--connect", "tcp://127.0.0.1:1"), "only files"),
            (("--watch", "--connect", "tcp://127.0.0.1:1"), "--connect"),
            (("--connect", "tcp://127.0.0.1:1", STOCKS), "--connect"),
            (("--rate", "0"), "--rate"),
        ]
        for args, part in cases:
            status, _, err = run(*args)
            assert status == 2, (args, status)
            assert part in err, (args, err)


# ---- the page ---------------------------------------------------------------

# Points of the two colors that lines are drawn in, on all charts.
COUNT = """(() => {
    let price = 0, average = 0;
    for (const canvas of document.querySelectorAll("canvas")) {
        const d = canvas.getContext("2d")
            .getImageData(0, 0, canvas.width, canvas.height).data;
        for (let i = 0; i < d.length; i += 4) {
            price += d[i] < 110 && d[i + 2] > 160 && d[i + 3] > 200;
            average += d[i] > 180 && d[i + 2] < 70 && d[i + 3] > 200;
        }
    }
    return [price, average, document.querySelectorAll("canvas").length];
})()"""


def page(server):
    """A browser that shows the page of a server."""
    if not browser.find():
        raise Skip("no chromium")
    opened = browser.Browser()
    opened.open(server.url)
    return opened


def need_charts(server):
    if b"var uPlot" not in ask(server.port(),
                               b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")[2]:
        raise Skip("built without uPlot")


def picture(shown, name):
    if os.environ.get("CEDE_SCREENSHOT"):
        shown.screenshot(os.path.join(os.environ["CEDE_SCREENSHOT"], name))


def test_the_page_draws_both_lines_as_quotes_arrive():
    with web("--watch", "--speed", "0.2", "--repeat") as server:
        need_charts(server)
        with page(server) as shown:
            shown.wait_for("window.live !== undefined || "
                           "typeof live !== 'undefined' && live.received >= 100")
            shown.wait_for("live.received >= 100")
            first = shown.value(COUNT)
            shown.wait_for("live.received >= 300")
            time.sleep(0.2)
            price, average, charts = shown.value(COUNT)
            picture(shown, "live.png")
            assert charts == 5, charts
            assert price > 500 and average > 500, (price, average)
            assert average > first[1], "it stands still"
            assert shown.value("[live.state, live.missed, live.symbols.size, "
                               "live.average]") == ["live", 0, 5, "sma10"]
            # What is drawn is what came.
            last = json.loads(shown.value("JSON.stringify("
                                          "live.symbols.get('IBM').latest)"))
            rows = csv.DictReader(EXPECTED.decode().splitlines())
            row, = (r for r in rows
                    if r["symbol"] == "IBM" and r["date"] == last["date"])
            assert last["price"] == float(row["price"])


def test_one_symbol_can_be_chosen():
    with web() as server:
        with page(server) as shown:
            shown.wait_for("typeof live !== 'undefined' && "
                           "live.received === 560 && live.state === 'ended'")
            shown.value("at('choice').children[3].click()")
            visible = ("[...document.querySelectorAll('.card')]"
                       ".filter(c => !c.hidden).length")
            charts = shown.value("plots")
            note = shown.value("at('note').textContent")
            assert ("without uPlot" in note) == (not charts), note
            assert shown.value(visible) == (1 if charts else 0)
            shown.value("at('choice').children[0].click()")
            assert shown.value(visible) == (5 if charts else 0)
            rows = shown.value("[...document.querySelectorAll('#rows tr')]"
                               ".map(r => r.innerText)")
            assert len(rows) == 5 and "120.511" in rows[2], rows


def test_the_page_comes_back_to_a_server_that_comes_back():
    args = ("--watch", "--repeat")
    with web(*args) as server:
        port = server.port()
        with page(server) as shown:
            shown.wait_for("typeof live !== 'undefined' && live.received > 50")
            assert server.stop() == 0
            shown.wait_for("live.state === 'reconnecting'")
            seen, epoch = shown.value("[live.received, live.epoch]")
            with Server("--serve", f"http://127.0.0.1:{port}", *args):
                shown.wait_for(f"live.received > {seen + 50}")
                assert shown.value("live.state") == "live"
                assert shown.value("live.epoch") != epoch
                assert shown.value("live.opened") >= 2
                assert shown.value("live.missed") == 0


def test_a_browser_that_leaves_leaves_nothing():
    with web("--watch", "--repeat") as server:
        before = idle_descriptors(server)
        for _ in range(2):
            with page(server) as shown:
                shown.wait_for("typeof live !== 'undefined' && "
                               "live.received > 50")
                assert server.descriptors() > before
            wait_until(lambda: server.descriptors() == before)


# ---- all of it --------------------------------------------------------------


def check(case):
    try:
        globals()["test_" + case]()
    except Skip as reason:
        print(f"skipped: {reason}")
        return 77
    except Exception:
        traceback.print_exc()
        print("not so:", case.replace("_", " "), file=sys.stderr)
        return 1
    return 0


def main():
    cases = sys.argv[2:] or [name[5:] for name in globals()
                             if name.startswith("test_")]
    found = [check(case) for case in cases]
    sys.exit(1 if 1 in found else 77 if found == [77] else 0)


if __name__ == "__main__":
    main()
