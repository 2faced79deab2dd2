"""Mail that goes in circles is stopped: too many Received lines are refused, our own listener is never a next hop."""
from kit import *


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    connector = "cn=Internet Mail Connector (MAIL1),cn=Connections,cn=Configuration,ou=Oslo,o=Contoso"
    c.imc("dir", "modify", connector, "--replace", f"imcSmartHost=127.0.0.1:{c.port}")
    c.start()
    try:
        with c.smtp() as client:
            client.ehlo("client.example.net")
            client.mail("bob@example.net")
            client.rcpt("alice@contoso.example")
            code, text = client.data(b"Received: from a by b; x\r\n" * 51 + b"Subject: loop\r\n\r\nx\r\n")
            expect(code == 554 and b"5.4.6" in text, f"554 5.4.6 expected, {code} {text} came")
        expect(c.events(4098), "event 4098 expected")
        c.send("alice@contoso.example", ["bob@example.net"], b"Subject: to ourselves\r\n\r\nx\r\n")
        wait_for(lambda: len(c.maildir("alice")) == 1, "a report in alice's Maildir")
        expect(b"Status: 5.4.6" in c.maildir("alice")[0].read_bytes(), "5.4.6 expected in the report")
        expect(c.events(4115), "event 4115 expected")
    finally:
        c.stop()
