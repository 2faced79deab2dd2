"""A client that may relay sends to the Internet: the smart host gets it, octet for octet, one transaction for all recipients
(regression one-copy-per-smart-host)."""
from kit import *
from sinks import Sink

TEXT = b"From: alice@contoso.example\r\nSubject: out\r\n\r\n.a line with a dot\r\nx\r\n"


def run(folder):
    sink = Sink()
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.start()
    try:
        c.send("alice@contoso.example", ["bob@example.net", "carol@example.com"], TEXT)
        wait_for(sink.taken, "the message at the smart host")
        wait_for(lambda: not c.queue(), "an empty queue")
        sender, recipients, octets = sink.taken()[0]
        expect(len(sink.taken()) == 1, f"{len(sink.taken())} transactions, one expected")
        expect("<alice@contoso.example>" in sender, sender)
        expect([r.split("<")[1].split(">")[0] for r in recipients] == ["bob@example.net", "carol@example.com"], str(recipients))
        expect(octets.startswith(b"Received: from client.example.net"), "our Received line expected on top")
        expect(octets.endswith(TEXT), "the message differs from what was sent")
        for i in range(30):
            c.send("alice@contoso.example", ["bob@example.net"], TEXT)
        wait_for(lambda: len(sink.taken()) == 31, "30 more messages")
        expect(sink.connections < 32, "connections are not used again")
    finally:
        c.stop()
        sink.stop()
