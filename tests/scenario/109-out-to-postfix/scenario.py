"""A real Postfix is the smart host: what it took lies in its queue as it was sent, and what it refused is reported."""
from kit import *
from kit_postfix import Postfix

TEXT = (b"Date: Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-Id: <1@contoso.example>\r\n"
        b"From: alice@contoso.example\r\nSubject: to postfix\r\n\r\n..dots\r\n.\r\ncaf\xc3\xa9\r\n"
        + b"x" * 900 + b"\r\n")


def run(folder):
    postfix = Postfix(folder / "postfix")
    c = Connector(folder / "root")
    try:
        c.setup("--smart-host", f"127.0.0.1:{postfix.port}")
        c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
        c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
        c.start()
        with c.smtp() as client:
            client.sendmail("alice@contoso.example", ["bob@example.net", "carol@example.com"], TEXT, ["BODY=8BITMIME"])
        wait_for(postfix.held, "the message in Postfix's queue")
        wait_for(lambda: not c.queue(), "an empty queue of ours")
        expect(len(postfix.held()) == 1, f"{len(postfix.held())} messages in Postfix's queue, one with both recipients expected")
        envelope = postfix.content(postfix.held()[0], "-e")
        for line in (rb"sender: alice@contoso\.example", rb"recipient: bob@example\.net", rb"recipient: carol@example\.com"):
            expect(re.search(rb"^" + line + rb"$", envelope, re.M), f"{line.decode()} is not in the envelope:\n{envelope.decode()}")
        octets = postfix.content(postfix.held()[0], "-bh")
        expect(octets.endswith(TEXT.replace(b"\r\n", b"\n")), f"the message differs from what was sent:\n{octets!r}")
        for _ in range(20):
            c.send("alice@contoso.example", ["bob@example.net"], b"Subject: more\r\n\r\nx\r\n")
        wait_for(lambda: len(postfix.held()) == 21, "20 more messages in Postfix's queue")
        wait_for(lambda: not c.queue(), "an empty queue of ours")
        expect(not c.maildir("alice"), "a report although Postfix took everything")
        # size-two-hops-lost-ndr: Postfix refuses a message over its own limit (message_size_limit in kit_postfix.py): 5.3.4.
        with c.smtp() as client:
            client.sendmail("alice@contoso.example", ["bob@example.net"], b"Subject: big\r\n\r\n" + (b"y" * 70 + b"\r\n") * 15000)
        wait_for(lambda: c.maildir("alice"), "a report on the message that is too big for Postfix")
        report = c.maildir("alice")[0].read_text(errors="replace")
        expect(re.search(r"^Status: *5\.3\.4", report, re.M), f"5.3.4 expected in the report:\n{report[:3000]}")
        expect(len(postfix.held()) == 21, "the refused message lies in Postfix's queue")
    finally:
        try:
            if c.process:
                c.stop()
        finally:
            postfix.stop()
