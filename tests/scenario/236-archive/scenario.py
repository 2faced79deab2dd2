"""Copies of messages: both directions, envelope beside each, switched live; also of reports, of what is released from the quarantine, and of imported mail, once each;
a full archive stops no mail unless asked (41090, 41091)."""
import json
import smtplib

from kit import *
from sinks import Sink


def without_a_client(c, copies, set):
    """Mail for us that no client brings: our own reports, what is released, what is imported."""
    def new(before):
        return [row for row in copies("--in") if row["name"] not in before]

    # A report for alice, under its own id and before she has it.
    before = {row["name"] for row in copies("--in")}
    mailbox = len(c.maildir("alice"))
    c.send("alice@contoso.example", ["gone@example.net"], b"Subject: returned\r\n\r\nx\r\n")
    wait_for(lambda: len(c.maildir("alice")) > mailbox, "the report in the mailbox")
    rows = new(before)
    expect([(row["sender"], row["recipients"]) for row in rows] == [("", ["alice@contoso.example"])], f"the report: {rows}")
    expect("multipart/report" in c.imc("archive", "show", rows[0]["name"], "--text").stdout, "its text")

    # Set aside: not yet mail of ours. Released: it is.
    set("TurfTable", "MULTI_SZ", "@aside.example quarantine")
    before = {row["name"] for row in copies("--in")}
    c.send("x@aside.example", ["alice@contoso.example"], b"Subject: set aside\r\n\r\nx\r\n")
    expect(new(before) == [], "set aside, it has no copy")
    kept = [json.loads(line) for line in c.imc("quarantine", "ls", "--json").stdout.splitlines()]
    mailbox = len(c.maildir("alice"))
    c.imc("quarantine", "release", kept[0]["id"])
    wait_for(lambda: len(c.maildir("alice")) > mailbox, "the released message")
    expect([row["sender"] for row in new(before)] == ["x@aside.example"], f"released: {new(before)}")

    # Exported here and imported here: what has a copy gets no second one. From elsewhere: its first.
    before = {row["name"] for row in copies("--in")}
    c.send("ann@example.net", ["alice@contoso.example", "slow@example.net"], b"Subject: travels\r\n\r\nx\r\n")
    expect(len(new(before)) == 1, "it came in")
    waiting = wait_for(lambda: [m for m in c.queue() if [r["address"] for r in m["recipients"]] == ["slow@example.net"]], "slow alone to wait")[0]["id"]
    out = c.root / "exported"
    c.shell(f"mkdir {out}")
    c.imc("queue", "export", waiting, "--to", out)
    c.imc("queue", "delete", waiting, "--now")
    envelope = out / f"{waiting}.json"
    message = json.loads(envelope.read_text())
    message["recipients"][0]["address"] = "alice@contoso.example"  # so that a copy is due
    envelope.write_text(json.dumps(message))
    mailbox = len(c.maildir("alice"))
    c.imc("queue", "import", envelope)
    wait_for(lambda: len(c.maildir("alice")) > mailbox, "the imported message")
    expect(len(new(before)) == 1, f"once is enough: {new(before)}")
    message["sender"] = "bob@elsewhere.example"  # as if another host had exported it
    envelope.write_text(json.dumps(message))
    mailbox = len(c.maildir("alice"))
    c.imc("queue", "import", envelope)
    wait_for(lambda: len(c.maildir("alice")) > mailbox, "that of another host")
    expect(sorted(row["sender"] for row in new(before)) == ["ann@example.net", "bob@elsewhere.example"], f"{new(before)}")


def run(folder):
    sink = Sink({"RCPT": lambda who: "550 5.1.1 no such user" if "gone@" in who else "451 4.7.1 later" if "slow@" in who else None})
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.start()

    def set(name, kind, value):
        taken = len(c.events(40113))
        c.imc("reg", "add", "-v", name, "-t", kind, "-d", value, "-f")
        wait_for(lambda: len(c.events(40113)) > taken, f"{name} to be taken")

    def copies(*words):
        return [json.loads(line) for line in c.imc("archive", "ls", *words, "--json").stdout.splitlines()]

    def taken_in():
        before = len(c.maildir("alice"))
        c.send("bob@example.net", ["alice@contoso.example"], b"Subject: in\r\n\r\nfor alice\r\n")
        wait_for(lambda: len(c.maildir("alice")) > before, "the message in the mailbox")

    try:
        taken_in()
        expect(copies() == [], "no copies unless they are asked for")

        set("MessageArchival", "SZ", "inbound")
        taken_in()
        rows = copies()
        expect(len(rows) == 1 and rows[0]["direction"] == "in" and rows[0]["recipients"] == ["alice@contoso.example"], f"{rows}")
        text = c.imc("archive", "show", rows[0]["name"], "--text").stdout
        expect("for alice" in text and text.startswith("Received: "), text)
        c.send("alice@contoso.example", ["bob@example.net"], b"Subject: out\r\n\r\nx\r\n")
        wait_for(lambda: sink.taken(), "the message at the smart host")
        expect(len(copies()) == 1, "what our people send elsewhere does not come in")

        set("MessageArchival", "SZ", "both")
        c.send("alice@contoso.example", ["bob@example.net", "hidden@example.net"], b"Subject: out\r\nTo: bob@example.net\r\n\r\nleaves\r\n")
        wait_for(lambda: len(copies("--out")) == 1, "the copy of what left")
        row = copies("--out")[0]
        expect(sorted(row["recipients"]) == ["bob@example.net", "hidden@example.net"], f"Bcc is in the envelope: {row}")
        expect(str(sink.port) in row["peer"], f"the host that took it: {row}")
        expect("brought by" in c.imc("archive", "show", rows[0]["name"]).stdout, "who brought it")
        expect(c.imc("archive", "show", "in/20000101/none.1", check=False).returncode == 1, "one that is not there")
        for path in (c.root / "archive").rglob("*"):
            expect(path.stat().st_mode & 0o077 == 0, f"{path} is the service's alone")

        without_a_client(c, copies, set)

        # Full: mail goes on, and the number of copies that are missing is told.
        set("ArchiveQuotaMiB", "DWORD", "1")
        day = (c.root / "archive" / row["name"]).parent
        (day / "ballast.eml").write_bytes(b"x" * (1 << 20))
        give(day)
        set("MessageArchival", "SZ", "none")
        set("MessageArchival", "SZ", "both")  # counted anew when it is switched on

        def full():
            taken_in()
            return c.events(41090)
        wait_for(full, "event 41090")
        set("ArchiveWhenFull", "SZ", "stop")
        try:
            c.send("bob@example.net", ["alice@contoso.example"], b"Subject: refused\r\n\r\nx\r\n")
            expect(False, "taken though no copy can be kept")
        except smtplib.SMTPDataError as refused:
            expect(refused.smtp_code == 452, f"{refused}")
        (day / "ballast.eml").unlink()
        set("ArchiveWhenFull", "SZ", "continue")

        def room_again():
            taken_in()
            return c.events(41091)
        wait_for(room_again, "event 41091, when what was moved away has been noticed")
    finally:
        c.stop()
