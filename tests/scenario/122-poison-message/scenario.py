"""A message that the service died of twice is set aside at the next start, and all other mail goes on; an administrator looks at it,
releases or deletes it. So is a file in the pickup folder, to badmail with its reason. What a crash leaves is a number in spool/working, or in spool/pickup-working:
it is put there while the service is dead."""
import os
import struct

from kit import *
from sinks import Sink

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def number(queue_id):
    out = 0
    for c in queue_id:
        out = out << 5 | DIGITS.index(c)
    return out


def die_of(c, queue_id):
    """SIGKILL, as if it had hit while some thread worked on that message."""
    c.stop(signal.SIGKILL)
    with open(c.root / "spool" / "working", "r+b") as slots:
        slots.seek(7 * 8)
        slots.write(struct.pack("<Q", number(queue_id)))
    c.start()


def leave_inode(c, number):
    with open(c.root / "spool" / "pickup-working", "r+b") as slots:
        slots.seek(5 * 8)
        slots.write(struct.pack("<Q", number))


def listed(c):
    return [json.loads(line) for line in c.imc("badmail", "ls", "--json").stdout.splitlines()]


def run(folder):
    sink = Sink({"RCPT": lambda argument: "450 4.2.1 later" if waiting else None})
    waiting = True
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.start()
    text = b"Subject: poison\r\n\r\n\x00\xff text\r\n"
    c.send("alice@contoso.example", ["bob@example.net"], text)
    c.send("alice@contoso.example", ["carol@example.net"], b"Subject: sound\r\n\r\nx\r\n")
    rows = wait_for(lambda: len(q := c.queue()) == 2 and all(r["recipients"][0]["attempts"] for r in q) and q, "two messages that were tried, and wait")
    poison, sound = (next(r["id"] for r in rows if r["recipients"][0]["address"].startswith(who)) for who in ("bob", "carol"))

    die_of(c, poison)
    wait_for(lambda: len(c.queue()) == 2, "both: one crash may have been anything")
    expect(not listed(c), "nothing is set aside yet")
    die_of(c, poison)
    wait_for(lambda: [r["id"] for r in c.queue()] == [sound], "the other message alone")
    event = c.events(40160)
    expect(len(event) == 1 and poison in event[0]["description"], event)
    kept = listed(c)
    expect([k["id"] for k in kept] == [poison] and kept[0]["sender"] == "alice@contoso.example", kept)
    shown = c.imc("badmail", "show", poison).stdout
    for line in ("to: bob@example.net", "outcome: waiting", "last-reply: 450 4.2.1 later", "evidence crashes: 2"):
        expect(line in shown, shown)
    expect(c.imc("badmail", "show", "0000000000000", check=False).returncode == 1, "no such message")  # 40162
    stored = (c.root / "badmail" / f"{poison}.eml").read_bytes()
    expect(below_trace(stored) == text, stored)
    c.send("alice@contoso.example", ["alice@contoso.example"], b"Subject: new\r\n\r\nx\r\n")
    wait_for(lambda: len(c.maildir("alice")) == 1, "new mail")

    # Released, it goes out as it was; its crashes are forgotten, so that one more is the first.
    done = json.loads(c.imc("badmail", "release", poison, "--json").stdout)
    expect(done["id"] == poison and not listed(c), done)
    expect(c.events(40163)[0]["description"].count(done["message"]) == 1, c.events(40163))
    wait_for(lambda: len(c.queue()) == 2, "the released message")
    die_of(c, done["message"])
    wait_for(lambda: len(c.queue()) == 2, "both messages again")
    waiting = False
    c.imc("queue", "retry", "--all")
    wait_for(lambda: not c.queue(), "an empty queue")
    sent = [m for m in sink.taken() if "bob@" in m[1][0]]
    expect(len(sent) == 1 and below_trace(sent[0][2]) == text, sent)

    waiting = True
    c.send("alice@contoso.example", ["bob@example.net"], text)
    again = wait_for(c.queue, "the message")[0]["id"]
    die_of(c, again)
    die_of(c, again)
    wait_for(lambda: [k["id"] for k in listed(c)] == [again], "the message in badmail")
    expect(c.imc("badmail", "delete", check=False).returncode == 2, "says which")
    c.imc("badmail", "delete", "--all")
    expect(not listed(c) and not c.queue() and not any((c.root / "badmail").iterdir()), "all is gone")

    # A claimed file that one process has died of already, and now another one; and one that is sound.
    c.stop(signal.SIGKILL)
    claimed = c.root / "pickup" / ".claimed"
    files = {}
    for name in ("poison.eml", "sound.eml"):
        (claimed / name).write_text("From: app@contoso.example\nTo: alice@contoso.example\nSubject: file\n\nx\n")
        give(claimed / name)
        files[name] = (claimed / name).stat().st_ino
    os.rename(claimed / "poison.eml", claimed / f"{files['poison.eml']}+poison.eml")
    os.rename(claimed / "sound.eml", claimed / f"{files['sound.eml']}-sound.eml")
    leave_inode(c, files["poison.eml"])
    c.start()
    wait_for(lambda: len(c.maildir("alice")) == 2, "the sound file's message")
    wait_for(lambda: c.events(4164), "event 4164")
    expect((c.root / "badmail" / "poison.eml.err").read_text() == "the service died twice while it worked on this file\n", "the reason")
    expect((c.root / "badmail" / "poison.eml").exists() and not any(claimed.iterdir()), "set aside")
    c.stop()
    sink.stop()
