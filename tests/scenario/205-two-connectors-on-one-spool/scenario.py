"""A second connector whose spool is the first one's by another path: it refuses and names the process; the first goes on taking mail; when the first
has stopped, the second starts and finds nothing lost."""
from kit import *


def run(folder):
    first, second = Connector(folder / "first"), Connector(folder / "second")
    for c in (first, second):
        c.setup()
        c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    shutil.rmtree(second.root / "spool")
    (second.root / "spool").symlink_to(first.root / "spool")
    first.start()
    try:
        first.send("bob@example.net", ["alice@contoso.example"], b"Subject: one\r\n\r\nx\r\n")
        wait_for(lambda: len(first.maildir("alice")) == 1, "mail by the first")
        said = second.refused()
        expect("Error 2140" in said and "40151" in said, said)
        a = next(a for a in second.verdict()["assertions"] if a["id"] == "spool.lock")
        service = first.state()["pid"]
        expect(a["status"] == "failed" and f"process {service}" in a["found"], f"{a}, process {service} expected")
        first.send("bob@example.net", ["alice@contoso.example"], b"Subject: two\r\n\r\nx\r\n")
        wait_for(lambda: len(first.maildir("alice")) == 2, "mail by the first after the second was refused")
    finally:
        first.stop()
    second.start()
    try:
        second.send("bob@example.net", ["alice@contoso.example"], b"Subject: three\r\n\r\nx\r\n")
        wait_for(lambda: len(second.maildir("alice")) == 1, "mail by the second")
        said = first.refused()
        expect("40151" in said, f"now the first must refuse:\n{said}")
    finally:
        second.stop()
