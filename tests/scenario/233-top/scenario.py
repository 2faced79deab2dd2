"""imc top shows what the service does: one screen, JSON, plain lines; held and stopped are said; /api/v1/live streams events as they come."""
import json
import socket

from kit import *
from sinks import Sink


class Stream:
    """Server-sent events from the control socket."""

    def __init__(self, c, last=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(c.root / "run" / "admin.sock"))
        header = f"Last-Event-ID: {last}\r\n" if last else ""
        self.socket.sendall(f"GET /api/v1/live HTTP/1.1\r\nHost: imc\r\n{header}\r\n".encode())
        self.text = ""

    def until(self, what):
        while what not in self.text:
            octets = self.socket.recv(65536)
            expect(octets, f"the stream ended before {what!r}: {self.text[-2000:]}")
            self.text += octets.decode()
        return self.text


def run(folder):
    sink = Sink({"RCPT": lambda argument: "451 4.3.2 not now" if "later" in argument else None})
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    stopped = c.imc("top", "--once", check=False)
    expect(stopped.returncode == 1 and "40400" in stopped.stderr, f"who does not run is named: {stopped.stderr}")
    c.start()
    try:
        live = Stream(c)
        live.until("event: overview")
        live.until("event: queue")
        c.send("bob@example.net", ["alice@contoso.example"], b"Subject: in\r\n\r\nx\r\n")
        c.send("alice@contoso.example", ["later@example.net"], b"Subject: out\r\n\r\nx\r\n")
        wait_for(lambda: c.queue() and c.queue()[0]["recipients"][0].get("attempts", 0) > 0, "the first attempt")

        def top():
            return json.loads(c.imc("top", "--once", "--json").stdout)
        def settled():
            now = top()
            reasons = sum(row["recipients"] for row in now["queue"]["by_reason"])  # a second old at most
            return now if now["counters"]["recipients_delivered"] == 1 and now["queue"]["recipients"] == reasons == 1 else None
        now = wait_for(settled, "one delivered, and one that waits, with its reason")
        expect(now["state"] == "running" and now["counters"]["inbound_messages"] == 2, f"{now}")
        expect(any(event["id"] == 1000 for event in now["events"]), f"the last events: {now['events']}")
        expect("verdict" not in now, "no verdict in each picture")

        screen = c.imc("top", "--once").stdout
        for words in ("messages in", "since start", "queue: 1 messages", "last events", "  1000  Information"):
            expect(words in screen, f"{words!r} on the screen:\n{screen}")
        expect("\033" not in screen, "no escape sequence without a terminal")
        lines = c.imc("top", "--interval", "1", "--count", "2").stdout.splitlines()
        expect(len(lines) == 2 and all("  in 2 (" in line for line in lines), f"plain lines: {lines}")

        # What is logged is heard, and who comes back hears what it missed.
        c.imc("queue", "hold", "--all", "--text", "ticket 1")
        text = live.until('"id":40260')
        number = int(text[:text.rindex('"id":40260')].rsplit("id: ", 1)[1].split("\n", 1)[0])
        again = Stream(c, number - 1)
        again.until('"id":40260')
    finally:
        c.stop()
