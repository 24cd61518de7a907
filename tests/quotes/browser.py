# SPDX-License-Identifier: MIT
"""browser.py - a headless Chromium, driven through two pipes.

The protocol is the one of Chromium's own tools: JSON objects that end with a
NUL, on its descriptors 3 and 4 (--remote-debugging-pipe).  No port is opened
and nothing is installed.  Every wait has an end: a browser that says nothing
for a minute is a failure.
"""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PATIENCE = 60  # seconds


def find():
    """The program, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return shutil.which(name)
    return None


class Browser:
    """One browser with one page."""

    def __init__(self, width=1240, height=900):
        self.home = tempfile.mkdtemp(prefix="cede-browser-")
        theirs_in, self.out = os.pipe()
        self.into, theirs_out = os.pipe()

        def hand_over():
            # Out of the way first: either may be 3 or 4 itself.
            a, b = os.dup(theirs_in), os.dup(theirs_out)
            high = [os.dup2(a, 50), os.dup2(b, 51)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [find(), "--headless", "--remote-debugging-pipe", "--no-sandbox",
             "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", "--disable-extensions",
             "--disable-background-networking", "--no-proxy-server",
             f"--user-data-dir={self.home}",
             f"--window-size={width},{height}", "about:blank"],
            preexec_fn=hand_over, close_fds=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.unread = b""
        self.number = 0
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=1, mobile=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process.poll() is None:
            try:
                session, self.session = self.session, None
                self.call("Browser.close")
                self.process.wait(PATIENCE)
                self.session = session
            except (AssertionError, OSError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()
        os.close(self.out)
        os.close(self.into)
        shutil.rmtree(self.home, ignore_errors=True)

    def message(self, deadline):
        while b"\0" not in self.unread:
            left = deadline - time.monotonic()
            assert left > 0, "the browser says nothing"
            if select.select([self.into], [], [], left)[0]:
                more = os.read(self.into, 1 << 20)
                assert more, "the browser is gone"
                self.unread += more
        text, self.unread = self.unread.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        """What the browser answers to a method of its protocol."""
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.message(deadline)
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def open(self, url):
        self.call("Page.navigate", url=url)

    def value(self, expression):
        """What an expression is in the page."""
        answer = self.call("Runtime.evaluate", expression=expression,
                           returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression, seconds=30):
        """Wait until an expression is true in the page."""
        deadline = time.monotonic() + seconds
        while not self.value(expression):
            assert time.monotonic() < deadline, f"never so: {expression}"
            time.sleep(0.05)

    def screenshot(self, file):
        png = self.call("Page.captureScreenshot", format="png")["data"]
        with open(file, "wb") as out:
            out.write(base64.b64decode(png))
