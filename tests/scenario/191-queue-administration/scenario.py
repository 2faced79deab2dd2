"""1,000 deferred recipients of five domains: each order with its dry run and its undo, a restart in between, and kill -9 in the middle of one: each
recipient is as before or as after, none is lost."""
import signal
import threading
from datetime import datetime

from kit import *
from sinks import Sink

DOMAINS = [f"d{n}.example" for n in range(5)]
MESSAGES = 200


def rows(c, *options):
    out = c.imc("queue", "ls", "--json", *options).stdout
    return [(m["id"], r) for m in map(json.loads, out.splitlines()) for r in m["recipients"]]


def addresses(c, *options):
    return sorted((i, r["address"]) for i, r in rows(c, *options))


def written(c):
    """When something was last written to the log."""
    return max(f.stat().st_mtime_ns for f in (c.root / "spool").glob("*.seg"))


def run(folder):
    closed = {"now": True}
    sink = Sink({"RCPT": lambda who: "451 4.7.1 Greylisted, come back" if closed["now"] else None})
    other = Sink()
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.imc("dir", "modify", c.connector_dn(), "--replace", "imcRetryHours=1")
    c.start()

    def wait_for_rest(count):
        """Until so many wait for a time that is not near: none of them leaves under the next order's hands."""
        def rest():
            far = time.time() + 600
            times = [datetime.fromisoformat(r["next_attempt"]).timestamp() for i, r in rows(c, "--reason", "due_later") if r["next_attempt"]]
            return sum(t > far for t in times) == count
        wait_for(rest, f"{count} that wait for a time that is not near")

    def undo(said):
        line = [line for line in said.stdout.splitlines() if line.startswith("Undo: ")]
        expect(len(line) == 1, f"one line that undoes it expected in\n{said.stdout}")
        return c.shell(line[0].removeprefix("Undo: "))

    def order(*words, count, check=True):
        """First what it would do, then the order itself."""
        before = rows(c)
        seen = c.imc("queue", *words, "--dry-run").stdout
        expect(f"{count} recipients of " in seen and seen.count(" from <") == min(10, count), f"{count} and a sample of 10 expected in\n{seen}")
        expect([(i, r["address"], r["reason"]) for i, r in rows(c)] == [(i, r["address"], r["reason"]) for i, r in before], "a dry run changed something")
        done = c.imc("queue", *words)
        expect(done.stdout.startswith(f"{count} recipients "), f"{count} expected in\n{done.stdout}")
        return done

    try:
        for n in range(MESSAGES):
            c.send("alice@contoso.example", [f"bob{n}@{domain}" for domain in DOMAINS], b"Subject: x\r\n\r\nx\r\n")
        wait_for_rest(1000)
        everybody = addresses(c)
        expect(len(rows(c, "--reply", "GREYLISTED")) == 1000 and not rows(c, "--reply", "mailbox full"), "the selector by reply")

        # Nothing that was not said, and bad words with what was expected.
        for words in (["delete"], ["hold", "--text", "x"], ["release"]):
            refused = c.imc("queue", *words, check=False)
            expect(refused.returncode == 2 and "say which" in refused.stderr, f"{words}: {refused.stderr}")
        for words, expected in ((["delete", "--older", "2"], "a period"), (["hold", "--reason", "whim"], "site_down"), (["retry", "--larger", "big"], "octets"),
                                (["reroute", "--all"], "--to HOST"), (["expire", "--all"], "--in PERIOD"),
                                (["hold", "--all", "--until", "yesterday"], "is no time"), (["reroute", "--all", "--to", "a b"], "a b")):
            refused = c.imc("queue", *words, check=False)
            expect(refused.returncode != 0 and expected in refused.stderr, f"{words}: '{expected}' expected in {refused.stderr}")
        expect(addresses(c) == everybody, "a refused order did something")

        # Hold, and back.
        held = order("hold", "--domain", "d0.example", "--text", "ticket 4711", count=200)
        expect(len(rows(c, "--reason", "held")) == 200, "200 that are held")
        expect("ticket 4711" in c.imc("queue", "why", everybody[0][0]).stdout, "why must tell the text")
        undo(held)
        expect(not rows(c, "--reason", "held"), "nobody is held after the undo")
        wait_for_rest(1000)
        order("hold", "--domain", "d0.example", "--for", "2h", count=200)

        # Delete, and back; hidden from everybody but who asks.
        gone = order("delete", "--domain", "d1.example", "--older", "0s", count=200)
        expect(len(rows(c)) == 800 and len(rows(c, "--deleted")) == 200, "800 and 200 that are deleted")
        c.stop()
        c.start()
        expect(len(rows(c)) == 800 and len(rows(c, "--deleted")) == 200 and len(rows(c, "--reason", "held")) == 200, "a restart must forget nothing")
        undo(gone)
        expect(addresses(c) == everybody, "the undo must bring back each of them")

        # Expiry, and back.
        when = order("expire", "--domain", "d2.example", "--in", "3h", count=200)
        soon = {r["expires"] for i, r in rows(c, "--domain", "d2.example")}
        undo(when)
        expect(min(r["expires"] for i, r in rows(c, "--domain", "d2.example")) > max(soon), "the undo of an expiry")

        # Another host, and back.
        wait_for_rest(800)
        way = order("reroute", "--domain", "d3.example", "--to", f"127.0.0.1:{other.port}", count=200)
        wait_for(lambda: len(rows(c, "--domain", "d3.example")) == 0, "what is rerouted to leave")
        expect(sum(len(m[1]) for m in other.taken()) == 200, "200 at the other host")
        expect("Undo: imc queue reroute" in way.stdout, way.stdout)

        # Back to the sender, with the administrator's words.
        bounced = order("bounce", "--domain", "d4.example", "--text", "this domain has moved", count=200)
        expect("There is no undo" in bounced.stdout, bounced.stdout)
        wait_for(lambda: len(c.maildir("alice")) == MESSAGES, "a report on each message")
        expect(all("this domain has moved" in p.read_text() for p in c.maildir("alice")), "reports with the text")
        wait_for(lambda: len(rows(c)) == 600, "the others to be all that is there")  # the last report ends after it was read

        # Killed in the middle: before or after, none lost.
        left = addresses(c)
        for round in range(4):
            words = ("delete", "--all") if round % 2 == 0 else ("undelete", "--all")
            before = written(c)
            at_work = threading.Thread(target=lambda: c.imc("queue", *words, check=False))
            at_work.start()
            wait_for(lambda: written(c) != before or not at_work.is_alive(), "the first group in the spool")
            c.stop(signal.SIGKILL)
            at_work.join()
            c.start()
            there, deleted = addresses(c), addresses(c, "--deleted")
            expect(sorted(there + deleted) == left, f"{len(there)} and {len(deleted)} of {len(left)} after the kill")
        c.imc("queue", "undelete", "--all")
        expect(addresses(c) == left, "all of them again")

        # Everything leaves when it may.
        closed["now"] = False
        c.imc("queue", "release", "--all")
        c.imc("queue", "retry", "--all")
        wait_for(lambda: not rows(c), "an empty queue")
        expect(sum(len(m[1]) for m in sink.taken()) == 600, "each of them once")
        expect(any("hold" in e["description"] and "uid=" in e["description"] for e in c.events(40260)), "event 40260 with who did it")
        story = c.imc("track", "--recipient", "bob7@d1.example", "--json").stdout
        expect("delete by uid=" in story and "undelete by uid=" in story, f"the story must tell who deleted it: {story}")
    finally:
        c.stop()
        sink.stop()
        other.stop()
