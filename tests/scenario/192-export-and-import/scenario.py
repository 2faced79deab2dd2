"""What waits is listed, dumped, counted and exported, while the service runs and while it does not; deleted and imported, it reaches its recipients octet
for octet, with the terms that it had; held imports survive a kill; what does not fit is refused by name."""
# retired-connector-strands-mail (Q285090): what a connector that is no more has left is exported, and imported elsewhere.
import fcntl
import hashlib
import signal

from kit import *
from sinks import Sink


def files(c):
    """The spool, to the octet and the moment."""
    return {str(f): (f.stat().st_mtime_ns, hashlib.sha256(f.read_bytes()).hexdigest()) for f in (c.root / "spool").rglob("*") if f.is_file()}


def lines(c, *words):
    return [json.loads(line) for line in c.imc("queue", *words, "--json").stdout.splitlines()]


def essence(rows):
    """What a restart does not change."""
    return [(m["id"], m["sender"], m["arrived_at"], m["octets"], m["priority"],
             [(r["address"], r["attempts"], r["last_reply"], r.get("held_until"), r.get("text"), r.get("deleted")) for r in m["recipients"]]) for m in rows]


def undo(c, said):
    return c.shell([line for line in said.splitlines() if line.startswith("Undo: ")][0].removeprefix("Undo: "))


def run(folder):
    closed = {"now": True}
    sink = Sink({"RCPT": lambda who: "451 4.7.1 Greylisted, come back" if closed["now"] else None})
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.imc("dir", "modify", c.connector_dn(), "--replace", "imcRetryHours=1")
    out = c.root / "exported"
    try:
        c.start()
        large = b"Subject: large\r\n\r\n" + b"".join(b"line %d\r\n" % n for n in range(70_000))
        c.send("alice@contoso.example", ["bob@d0.example", "carol@d1.example", "dave@d2.example"], b"Subject: small\r\n\r\n.dot\r\n")
        with c.smtp() as client:
            client.sendmail("alice@contoso.example", ["erin@d0.example"], large, mail_options=["RET=HDRS", "ENVID=QQ314159"],
                            rcpt_options=["NOTIFY=FAILURE", "ORCPT=rfc822;Erin@d0.example"])
        wait_for(lambda: sum(r["reason"] == "due_later" for m in c.queue() for r in m["recipients"]) == 4, "4 that were deferred")
        c.imc("queue", "hold", "--domain", "d1.example", "--text", "ticket 4711")
        c.imc("queue", "delete", "--domain", "d2.example")
        expect("loading" not in c.state(), "all of it is there")

        # Running.
        before, dumped, views = c.queue(), lines(c, "dump"), lines(c, "views")
        ids = [m["id"] for m in before]
        expect([len(m["recipients"]) for m in dumped] == [3, 1] and len(before[0]["recipients"]) == 2, "dump has deleted ones, too")
        told = c.imc("queue", "dump").stdout
        for word in ("451 4.7.1 Greylisted", "because:      ticket 4711", "deleted at:", "ordered by:   uid=", f"{ids[0]} from <alice@contoso.example>"):
            expect(word in told, f"'{word}' expected in\n{told}")
        expect([(v["view"], v["messages"], v["recipients"]) for v in views] ==
               [("inbound awaiting conversion", 0, 0), ("inbound awaiting delivery", 0, 0), ("outbound awaiting conversion", 0, 0),
                ("outbound awaiting delivery", 2, 3)], f"views: {views}")
        expect("outbound awaiting delivery    2 messages, 3 recipients" in c.imc("queue", "views").stdout, "views for people")
        c.shell(f"mkdir {out} {out}/running {out}/stopped")
        c.imc("queue", "export", *ids, "--to", out / "running")
        text = {i: (out / "running" / f"{i}.eml").read_bytes() for i in ids}
        expect(below_trace(text[ids[1]]) == large, "the text as it came")
        twice = c.imc("queue", "import", out / "running", check=False)
        expect(twice.returncode == 1 and twice.stderr.count("is still in the queue") == 2, twice.stderr)

        # Stopped: the same, and nothing is touched.
        c.stop()
        ended = c.events(1001)[-1]["description"]
        expect(ended.endswith("; 2 messages wait for the next start."), f"what is left is told: {ended}")
        spool = files(c)
        stopped = c.imc("queue", "ls", "--json")
        expect(stopped.stderr == "imc: the service does not run; this is what its spool holds\n", stopped.stderr)
        expect(essence(map(json.loads, stopped.stdout.splitlines())) == essence(before), f"{stopped.stdout}\nfound; expected\n{before}")
        expect(essence(lines(c, "dump")) == essence(dumped), "the dump of a stopped spool")
        expect("because:      ticket 4711" in c.imc("queue", "why", ids[0]).stdout, "why")
        expect(sum(v["recipients"] for v in lines(c, "views")) == 3, "views of a stopped spool")
        c.imc("queue", "export", *ids, "--to", out / "stopped")
        for name in (f"{i}.{ending}" for i in ids for ending in ("eml", "json")):
            expect((out / "running" / name).read_bytes() == (out / "stopped" / name).read_bytes(), f"{name} differs")
        for words in (["retry", "--all"], ["delete", "--all"], ["import", out / "stopped"]):
            refused = c.imc("queue", *words, check=False)
            expect(refused.returncode == 1 and "imc service start" in refused.stderr, f"{words}: {refused.stderr}")
        expect(files(c) == spool, "the spool was touched")
        with open(c.root / "spool" / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            refused = c.imc("queue", "ls", check=False)
            expect(refused.returncode == 1 and f"process {os.getpid()} holds" in refused.stderr, refused.stderr)

        # Deleted, and back as it was.
        c.start()
        c.imc("queue", "delete", "--all")
        expect(not c.queue(), "an empty queue")
        expect("would be queued for" in c.imc("queue", "import", out / "running", "--dry-run").stdout and not c.queue(), "a dry run")
        done = c.imc("queue", "import", out / "running").stdout
        back = c.queue()
        for m, was in zip(back, before):
            expect(m["id"] not in ids and m["id"] in done, f"a new id, which is said: {done}")
            expect([m[k] for k in ("sender", "arrived_at", "octets", "priority")] == [was[k] for k in ("sender", "arrived_at", "octets", "priority")], f"{m} {was}")
            expect([r["address"] for r in m["recipients"]] == [r["address"] for r in was["recipients"]], "only those that waited")
        expect([r["reason"] for r in back[0]["recipients"] if r["address"] == "carol@d1.example"] == ["held"], f"held ones stay held: {back[0]}")
        # What is being delivered is left alone by whoever deletes.
        wait_for(lambda: all(r["reason"] in ("due_later", "held", "site_down") for m in c.queue() for r in m["recipients"]), "none to be under way")
        undo(c, done)
        expect(not c.queue(), "the undo deletes them")

        # Held imports are there after a kill, and wait.
        c.imc("queue", "import", out / "running" / f"{ids[0]}.eml", out / "running" / f"{ids[1]}.json", "--hold", "--text", "not yet")
        c.stop(signal.SIGKILL)
        c.start()
        wait_for(lambda: "loading" not in c.state(), "all of the spool")
        held = [r for m in c.queue() for r in m["recipients"]]
        expect(len(held) == 3 and all(r["reason"] == "held" and r["text"] == "not yet" for r in held), f"held: {held}")

        # The same octets at the recipients.
        closed["now"] = False
        c.imc("queue", "release", "--all")
        wait_for(lambda: not c.queue(), "an empty queue")
        taken = {octets: sorted(word.split(">")[0].removeprefix("TO:<") for one in sink.taken() if one[2] == octets for word in one[1]) for _, _, octets in sink.taken()}
        expect(taken == {text[ids[0]]: ["bob@d0.example", "carol@d1.example"], text[ids[1]]: ["erin@d0.example"]},
               f"each of them once, as it was: {[(len(k), v) for k, v in taken.items()]}")
        story = c.imc("track", "--recipient", "erin@d0.example", "--json").stdout
        expect("import by uid=" in story and ids[1] in story, f"the story must tell of the import: {story}")
        expect(any("import" in e["description"] for e in c.events(40260)), "event 40260")

        # What does not fit is named, and the others are taken all the same.
        closed["now"] = True
        stem = out / "running" / ids[0]
        c.shell(f"cp {stem}.eml {out}/running/alone.eml; printf x >> {out}/running/{ids[1]}.eml; echo 'no json' > {out}/running/broken.json")
        some = c.imc("queue", "import", out / "running", check=False)
        expect(some.returncode == 1 and len(c.queue()) == 1 and "1 of 4 were imported" in some.stderr, some.stdout + some.stderr)
        for word in ("alone.json: No such file", "broken.json: ", f"{ids[1]}.eml: more than the"):
            expect(word in some.stderr, f"'{word}' expected in\n{some.stderr}")
    finally:
        c.stop()
        sink.stop()
