"""The spool's disk fills while the service runs: 452 4.3.1 and event 3018; with room again mail is taken, event 40153."""
# store-transient-error-shutdown (Q169686, Q317653)
from kit import *

TEXT = b"Subject: disk\r\n\r\nx\r\n"
MIB = 1 << 20


def answer(c):
    """Reply to a whole transaction: of the first command that is refused, else of the text."""
    with c.smtp() as client:
        client.ehlo("client.example.net")
        for code, text in (client.mail("bob@example.net"), client.rcpt("alice@contoso.example")):
            if code >= 400:
                return code, text.decode()
        code, text = client.docmd("DATA")
        if code != 354:
            return code, text.decode()
        client.send(TEXT + b".\r\n")
        code, text = client.getreply()
        return code, text.decode()


def fill(spool, leave):
    """Writes ballast until `leave` octets are free."""
    with open(spool / "ballast", "ab") as file:
        while (free := os.statvfs(spool).f_bavail * os.statvfs(spool).f_frsize) > leave:
            try:
                file.write(b"\0" * min(MIB, free - leave))
                file.flush()
            except OSError:
                return


def refuses(c, what):
    code, text = wait_for(lambda: (a := answer(c))[0] != 250 and a, f"a refusal on {what}")
    expect(code == 452 and "4.3.1" in text, f"452 4.3.1 expected on {what}, {code} {text} came")


def run(folder):
    expect(os.geteuid() == 0, "only root can mount the small disk of this scenario")
    c = Connector(folder / "root")
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    spool = c.root / "spool"
    who = pwd.getpwnam("nobody")
    mount = ["mount", "-t", "tmpfs", "-o", f"size=128m,mode=700,uid={who.pw_uid},gid={who.pw_gid}", "tmpfs", str(spool)]
    subprocess.run(mount, check=True)
    try:
        c.start()
        for leave, what in ((4 * MIB, "a disk that is almost full"), (0, "a full disk")):
            code, text = answer(c)
            expect(code == 250, f"mail must be taken while there is room: {code} {text}")
            before = len(c.events(3018))
            fill(spool, leave)
            refuses(c, what)
            wait_for(lambda: len(c.events(3018)) > before, f"event 3018 on {what}")
            refuses(c, what)
            expect(len(c.events(3018)) == before + 1, "one event per time the disk fills, not one per message")
            entered = len(c.events(40153))
            (spool / "ballast").unlink()
            wait_for(lambda: answer(c)[0] == 250, "mail to be taken again")
            wait_for(lambda: len(c.events(40153)) > entered, "event 40153")
        wait_for(lambda: not c.queue(), "an empty queue")
        expect(len(c.maildir("alice")) >= 4, f"{len(c.maildir('alice'))} messages came, at least 4 were answered 250")
        for file in c.maildir("alice"):
            expect(below_trace(file.read_bytes()) == TEXT, f"{file.name} differs from what was sent")
    finally:
        try:
            c.stop()
        finally:
            subprocess.run(["umount", "-l", str(spool)], check=True)
