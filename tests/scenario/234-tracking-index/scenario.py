"""The index of the tracking log is made of the files, found again after it was deleted or damaged (41080, 41081), and never needed."""
import datetime
import json

from kit import *


def record(number, day, recipient, sender="ann@example.net"):
    fields = [f"{number:013}", "1012", f"{day:%Y-%m-%d}T12:00:00.000Z", "mail1.contoso.example", "[192.0.2.1]:4711", "", sender, "0", "2048", "0", "0", "", "1",
              recipient, "", f"<{number}@example.net>", "", "", "mx1.example.net", "", "", ""]
    return "\t".join(fields) + "\n"


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    day = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=2)
    log = c.root / "log" / "tracking"
    log.mkdir(parents=True, exist_ok=True)
    (log / f"{day:%Y%m%d}.log").write_text("# imc tracking 1\n" + "".join(record(n, day, f"user{n}@contoso.example") for n in range(1, 5000)))
    give(c.root / "log")
    index = log / "index.db"

    def found(*words):
        done = c.imc("track", *words, "--json", check=False)
        return [json.loads(line)["id"] for line in done.stdout.splitlines()], done.stderr

    expect(found("--recipient", "user77@contoso.example") == ([f"{77:013}"], ""), "found in the files alone")

    def indexed():
        import sqlite3
        try:
            with sqlite3.connect(f"file:{index}?mode=ro", uri=True) as db:
                return db.execute("SELECT count(*) FROM segment").fetchone()[0]
        except sqlite3.Error:
            return 0

    c.start()
    try:
        wait_for(indexed, "the day that is over to be indexed")
        expect(index.stat().st_mode & 0o077 == 0, f"the index is the service's alone: {oct(index.stat().st_mode)}")
        for words in (["--recipient", "USER77@contoso.example"], ["--id", f"{77:013}"], ["--message-id", "77@example.net"]):
            expect(found(*words) == ([f"{77:013}"], ""), f"found by {words}: {found(*words)}")
        expect(len(found("--sender", "@example.net")[0]) == 4999, "all of a domain")
        c.send("bob@example.net", ["alice@contoso.example"], b"Subject: today\r\n\r\nx\r\n")
        wait_for(lambda: len(found("--recipient", "alice@contoso.example")[0]) >= 3, "what came a moment ago, which is not indexed")
    finally:
        c.stop()

    # Damaged: said, searched without, made anew by the next start.
    index.write_bytes(b"x" * 8192)
    ids, said = found("--recipient", "user77@contoso.example")
    expect(ids == [f"{77:013}"] and "index" in said, f"found all the same, and said why it took longer: {ids} {said}")
    c.start()
    try:
        wait_for(lambda: c.events(41080) and c.events(41081), "events 41080 and 41081")
        expect(not index.exists() or index.read_bytes()[:1] != b"x", "the damaged one is gone")
        c.send("bob@example.net", ["alice@contoso.example"], b"Subject: still\r\n\r\nx\r\n")
    finally:
        c.stop()
    c.start()
    try:
        wait_for(indexed, "the index, made anew")
        expect(found("--recipient", "user77@contoso.example") == ([f"{77:013}"], ""), "found by it")
    finally:
        c.stop()
