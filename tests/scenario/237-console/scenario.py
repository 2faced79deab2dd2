"""imc serve --console shows the steps of the start, by what it is held, events, live statistics, and the steps of the end."""
from kit import *


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", "/o=Other/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1", "-f")
    c.start("--console", "--hold", wait=False)
    try:
        wait_for(lambda: "held: " in c.said(), "what it is held by")
        said = c.said()
        expect("ok       " in said and "4086" in said, f"the steps that passed, and the event:\n{said}")
        c.imc("check", "--fix")
        c.wait_ready()
        wait_for(lambda: "ok       spool, queue and listeners: " in c.said(), "the last step of the start")
        wait_for(lambda: "  1000  Information  " in c.said(), "the event of the start")
        c.send("bob@example.net", ["alice@contoso.example"], b"Subject: x\r\n\r\nx\r\n")
        wait_for(lambda: "in 1 (" in c.said() and "out 0 (0/s)" in c.said(), "the statistics")
        expect("\033" not in c.said(), "no escape sequence without a terminal")
    finally:
        c.stop()
    said = c.said()
    expect("ok       stopping: " in said and "ok       everything in flight was finished" in said, f"the steps of the end:\n{said}")
