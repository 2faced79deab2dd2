"""Files in the pickup folder are sent once each, over kills of the service too; bad ones go to badmail with their reason."""
import os
import signal

from kit import *


def drop(c, name, text):
    folder = c.root / "pickup"
    (folder / (name + ".tmp")).write_text(text)
    give(folder / (name + ".tmp"))
    os.rename(folder / (name + ".tmp"), folder / name)


def good(number):
    return f"From: app@contoso.example\nTo: administrator@contoso.example\nBcc: administrator@contoso.example\nSubject: n{number}\n\nbody\n.\nend\n"


def subjects(c):
    return sorted(line for path in c.maildir("administrator") for line in path.read_bytes().split(b"\r\n") if line.startswith(b"Subject: n"))


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    claimed = (c.root / "pickup" / ".claimed").stat()
    expect(claimed.st_mode & 0o777 == 0o700, "made by setup, before anybody else may write into the folder")
    c.start()
    try:
        drop(c, "first.eml", good(0))
        wait_for(lambda: len(subjects(c)) == 1, "the first file's message")
        text = c.maildir("administrator")[0].read_bytes()
        expect(b"\r\nBcc:" not in text and text.endswith(b"\r\n\r\nbody\r\n.\r\nend\r\n"), text)
        drop(c, "bad.eml", "Subject: nobody\n\nx\n")
        wait_for(lambda: c.events(4164), "event 4164")
        expect((c.root / "badmail" / "bad.eml.err").read_text().startswith("no recipient"), "the reason")
        for round in range(1, 6):
            for i in range(20):
                drop(c, f"{round}-{i}.eml", good(round * 100 + i))
            c.process.send_signal(signal.SIGKILL)
            c.process.wait()
            c.start()
        wait_for(lambda: len(subjects(c)) >= 101, "all messages")
        wait_for(lambda: not c.queue(), "an empty queue")
        expect(len(subjects(c)) == 101 and len(set(subjects(c))) == 101, f"each once: {len(subjects(c))}")
        expect([p for p in (c.root / "pickup").rglob("*.eml")] == [], "nothing is left")
    finally:
        c.stop()
