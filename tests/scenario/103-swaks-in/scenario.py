"""swaks, a client others wrote, delivers a message and is told why another is refused."""
from kit import *


def swaks(c, recipient, *more):
    expect(shutil.which("swaks"), "swaks is missing: run ./dev deps")
    return subprocess.run(["swaks", "--server", f"127.0.0.1:{c.port}", "--from", "bob@example.net", "--to", recipient,
                           "--helo", "client.example.net", "--timeout", "30", *more], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE)


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.start()
    try:
        for more in ((), ("--pipeline",)):
            done = swaks(c, "alice@contoso.example", "--header", "Subject: by swaks", "--body", ".first line\\nsecond", *more)
            expect(done.returncode == 0, f"swaks {more} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        wait_for(lambda: len(c.maildir("alice")) == 2, "two messages in alice's Maildir")
        for file in c.maildir("alice"):
            text = below_trace(file.read_bytes())
            expect(b"Subject: by swaks\r\n" in text, f"the subject is missing:\n{text!r}")
            expect(b"\r\n\r\n.first line\r\nsecond\r\n" in text, f"the body differs:\n{text!r}")
        for recipient, words in (("nobody@contoso.example", "550 5.1.1"), ("bob@example.com", "550 5.7.1")):
            done = swaks(c, recipient)
            expect(done.returncode == 24, f"swaks ended with {done.returncode}, 24 (no recipient taken) expected:\n{done.stdout}")
            expect(words in done.stdout, f"{words} expected for {recipient}:\n{done.stdout}")
        expect(len(c.maildir("alice")) == 2, "a refused message arrived")
        expect(not c.queue(), "the queue must be empty")
    finally:
        c.stop()
