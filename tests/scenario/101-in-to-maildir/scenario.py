"""Mail for the organization's people arrives in their Maildirs, octet for octet; everything else is refused for its own reason."""
import smtplib

from kit import *

TEXT = (b"From: Bob <bob@example.net>\r\nTo: alice@contoso.example\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\r\n"
        b"..two dots, and a line that is one:\r\n.\r\ntrailing space \r\n" + bytes(range(0x80, 0x100)) + b"\r\n" + b"x" * 5000 + b"\r\n")


def refused(client, sender, recipient):
    client.ehlo("client.example.net")
    client.mail(sender)
    code, text = client.rcpt(recipient)
    client.rset()
    return code, text.decode()


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example", "--address", "a.l@contoso.example")
    c.start()
    try:
        with c.smtp() as client:
            expect(refused(client, "bob@example.net", "nobody@contoso.example")[:1] == (550,), "an unknown recipient must be 550")
            expect("5.1.1" in refused(client, "bob@example.net", "nobody@contoso.example")[1], "5.1.1 expected")
            code, text = refused(client, "bob@example.net", "someone@example.com")
            expect(code == 550 and "5.7.1" in text, f"relaying from loopback must be refused: {code} {text}")
            for hack in ("someone%example.com@contoso.example", '"someone@example.com"@contoso.example',
                         "example.com!someone@contoso.example", "@contoso.example:someone@example.com"):
                code, text = refused(client, "", hack)
                expect(code in (550, 501, 553), f"{hack} was answered {code} {text}")
            expect(client.docmd("VRFY", "alice")[0] == 252, "VRFY must be 252")
            expect(client.docmd("EXPN", "all")[0] == 502, "EXPN must be 502")
            expect(client.docmd("NOOP")[0] == 250, "NOOP must be 250")
        for recipient in ("alice@contoso.example", "ALICE@Contoso.Example", "a.l@contoso.example"):
            with c.smtp() as client:
                client.ehlo("client.example.net")
                client.mail("bob@example.net", ["BODY=8BITMIME", f"SIZE={len(TEXT)}"])
                expect(client.rcpt(recipient)[0] == 250, f"{recipient} must be taken")
                expect(client.data(TEXT)[0] == 250, "the message must be taken")
        wait_for(lambda: len(c.maildir("alice")) == 3, "three messages in alice's Maildir")
        for file in c.maildir("alice"):
            octets = file.read_bytes()
            expect(octets.startswith(b"Return-Path: <bob@example.net>\r\nDelivered-To: "), "trace lines expected on top")
            expect(below_trace(octets) == TEXT, f"{file.name} differs from what was sent")
            expect(file.stat().st_mode & 0o077 == 0, "others may read the message")
        for recipient in ("postmaster@contoso.example", "PostMaster", "POSTMASTER@CONTOSO.EXAMPLE"):
            with c.smtp() as client:
                client.ehlo("client.example.net")
                client.mail("bob@example.net")
                expect(client.rcpt(recipient)[0] == 250, f"{recipient} must be taken")
                expect(client.data(b"Subject: x\r\n\r\nx\r\n")[0] == 250, "the message must be taken")
        wait_for(lambda: len(c.maildir("administrator")) == 3, "postmaster's mail in the administrator's Maildir")
        with c.smtp() as client:
            try:
                client.sendmail("bob@example.net", ["alice@contoso.example"], b"Subject: x\n\nlone LF\n".replace(b"\n", b"\r\n") + b"a\rb\r\n")
            except smtplib.SMTPDataError:
                pass  # smtplib mends line ends itself; the raw case stands in the golden dialogues
        expect(not c.queue(), "the queue must be empty")
    finally:
        c.stop()
