"""Diagnostics levels are changed while the service runs; the protocol log is switched on for one peer and some minutes, and goes back by order and by itself."""
import json

from kit import *
from sinks import Sink


def run(folder):
    sink = Sink({})
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.imc("events", "level", "Initialization/Termination", "Maximum")
    c.start()

    def level(category, word):
        taken = len(c.events(40113))
        done = c.imc("events", "level", category, word).stdout
        expect("Undo: imc " in done, f"an undo: {done}")
        wait_for(lambda: len(c.events(40113)) > taken, f"{category} {word} to be taken")

    def send(subject):
        before = len(sink.taken())
        c.send("alice@contoso.example", ["bob@example.net"], f"Subject: {subject}\r\n\r\nx\r\n".encode())
        wait_for(lambda: len(sink.taken()) > before, "the message")

    def spoken():
        return [line.split("\t") for f in (c.root / "log" / "protocol").glob("*.log") for line in f.read_text().splitlines() if not line.startswith("#")]

    try:
        expect(len(c.events(41088)) > 5, "at Maximum each step of the start is an event")
        send("quiet")
        for number in (2001, 2002, 2003, 41085, 41086):
            expect(not c.events(number), f"{number} without being asked for")
        level("message transfer", "Medium")
        send("medium")
        wait_for(lambda: len(c.events(2002)) == 1, "event 2002")
        expect(not c.events(2001), "2001 is for Maximum")
        level("Message Transfer", "5")
        level("SMTP Interface", "Maximum")
        level("Addressing", "Maximum")
        send("maximum")
        wait_for(lambda: c.events(2001) and c.events(41085) and c.events(41086), "events 2001, 41085 and 41086")
        rows = {row["category"]: row["name"] for row in map(json.loads, c.imc("events", "level", "--json").stdout.splitlines())}
        expect(rows["Message Transfer"] == "Maximum" and rows["Content Conversion"] == "None" and len(rows) == 8, f"{rows}")
        level("Addressing", "None")
        before = len(c.events(41085))
        send("less")
        expect(len(c.events(41085)) == before, "none any more")
        for words in (["nonsense", "Maximum"], ["Addressing", "loud"], ["message", "None"]):
            expect(c.imc("events", "level", *words, check=False).returncode == 2, f"{words} is wrong usage")

        # The protocol log, for a while.
        expect(not spoken(), "nothing yet")
        wrong = c.imc("service", "protocol-log", "Medium", "--peer", "not a host", check=False)
        expect(wrong.returncode == 1 and "not a host" in wrong.stderr, f"{wrong.stderr}")
        c.imc("service", "protocol-log", "Medium", "--peer", "192.0.2.0/24", "--for", "5")
        send("unheard")
        expect(not spoken(), "another peer")
        done = c.imc("service", "protocol-log", "Medium", "--peer", "127.0.0.0/8", "--for", "5").stdout
        expect("For a while: Medium with 127.0.0.0/8" in done and "Undo: imc service protocol-log --revert" in done, done)
        wait_for(lambda: len(c.events(41083)) == 2, "event 41083")
        send("heard")
        wait_for(lambda: any(f[4] == "C" and f[5].lower().startswith("mail from:") for f in spoken()), "the conversation")
        state = json.loads(c.imc("service", "protocol-log", "--json").stdout)
        expect(state["level"] == 0 and state["temporary"]["level"] == 3, f"{state}")
        c.imc("service", "protocol-log", "--revert")
        wait_for(lambda: c.events(41084), "event 41084")
        wait_for(lambda: len({f[1] for f in spoken() if f[5].startswith("closed: ")}) == len({f[1] for f in spoken()}), "conversations to end")
        before = len(spoken())
        send("silent again")
        expect(len(spoken()) == before, "nothing more is written")
    finally:
        c.stop()
