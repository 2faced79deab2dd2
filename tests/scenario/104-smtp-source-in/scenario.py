"""Postfix's smtp-source: 500 messages in 20 sessions, each of them in the Maildir once."""
from kit import *

MESSAGES, SESSIONS = 500, 20


def run(folder):
    source = tool("smtp-source")
    c = Connector(folder / "root")
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.start()
    try:
        for more in (("-d",), ()):  # connections reused, and one per message
            before = len(c.maildir("alice"))
            done = subprocess.run([source, "-4", *more, "-s", str(SESSIONS), "-m", str(MESSAGES), "-l", "4096",
                                   "-f", "bob@example.net", "-t", "alice@contoso.example", f"127.0.0.1:{c.port}"],
                                  capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
            expect(done.returncode == 0, f"smtp-source ended with {done.returncode}:\n{done.stdout}{done.stderr}")
            wait_for(lambda: len(c.maildir("alice")) >= before + MESSAGES, f"{MESSAGES} more messages in alice's Maildir")
            expect(len(c.maildir("alice")) == before + MESSAGES, f"{len(c.maildir('alice')) - before} came, {MESSAGES} expected")
        ids = [re.search(rb"^Message-Id: *(\S+)", f.read_bytes(), re.M | re.I) for f in c.maildir("alice")]
        expect(all(ids), "a message without the Message-Id that smtp-source writes")
        expect(len({i[1] for i in ids}) == 2 * MESSAGES, f"{len({i[1] for i in ids})} different ones, {2 * MESSAGES} expected")
        expect(all(len(below_trace(f.read_bytes())) >= 4096 for f in c.maildir("alice")), "a message is too short")
        wait_for(lambda: not c.queue(), "an empty queue")
    finally:
        c.stop()
