"""The protocol log: switched on without a restart (2004), for the peers that are named; both directions, passwords hidden, texts counted."""
from kit import *
from sinks import Sink


def spoken(c):
    """@return fields of each line, when its conversations have ended"""
    lines = [line.split("\t") for f in (c.root / "log" / "protocol").glob("*.log") for line in f.read_text().splitlines() if not line.startswith("#")]
    return lines


def run(folder):
    sink = Sink({"RCPT": lambda argument: "550 5.1.1 nobody of that name" if "nobody@" in argument else None})
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.start()

    def set(name, kind, value):
        taken = len(c.events(40113))
        c.imc("reg", "add", "-v", name, "-t", kind, "-d", value, "-f")
        wait_for(lambda: len(c.events(40113)) > taken, f"{name} to be taken")

    try:
        c.send("alice@contoso.example", ["bob@example.net"], b"Subject: before\r\n\r\nx\r\n")
        wait_for(lambda: sink.taken(), "the first message")
        expect(not (c.root / "log" / "protocol").exists(), "nothing is written unless it is asked for")

        # Switched on, for somebody else.
        set("ProtocolLogPeers", "MULTI_SZ", "192.0.2.0/24")
        set("ProtocolLogLevel", "DWORD", "3")
        wait_for(lambda: c.events(2004), "event 2004")
        c.send("alice@contoso.example", ["bob@example.net"], b"Subject: unheard\r\n\r\nx\r\n")
        wait_for(lambda: len(sink.taken()) == 2, "the second message")

        # For this host.
        set("ProtocolLogPeers", "MULTI_SZ", "127.0.0.0/8")
        c.send("alice@contoso.example", ["nobody@example.net"], b"Subject: the text\r\n\r\nis not told\r\n")
        wait_for(lambda: any(f[5].startswith("550 5.1.1") for f in spoken(c)), "the refusal, in the log")
        wait_for(lambda: len({f[1] for f in spoken(c) if f[5].startswith("closed: ")}) >= 2, "the ends of both conversations")
        lines = spoken(c)
        inbound = [f for f in lines if f[2] == "in"]
        outbound = [f for f in lines if f[2] == "out"]
        expect(len({f[1] for f in inbound}) == 1 and len({f[1] for f in outbound}) == 1, f"one conversation each way: {lines}")
        expect(any(f[4] == "C" and f[5].lower().startswith("mail from:<alice@contoso.example>") for f in inbound), f"the client's MAIL: {inbound}")
        expect(any(f[4] == "S" and f[5].startswith("250 2.0.0") for f in inbound), f"our replies: {inbound}")
        expect(any(f[4] == "*" and f[5].startswith("a text of ") for f in inbound), f"the text's octets: {inbound}")
        expect(f"[127.0.0.1]:{sink.port}" in outbound[0][3] and outbound[0][5] == "connected", f"the peer: {outbound[0]}")
        expect(not any("is not told" in f[5] or "the text" == f[5] for f in lines), "no text in the log")

        # Off again.
        set("ProtocolLogLevel", "DWORD", "0")
        before = len(spoken(c))
        c.send("alice@contoso.example", ["bob@example.net"], b"Subject: after\r\n\r\nx\r\n")
        wait_for(lambda: len(sink.taken()) == 3, "the last message")
        expect(len(spoken(c)) == before, "nothing is written when it is off")

        # A row that cannot be read refuses, and says what is expected.
        c.imc("reg", "add", "-v", "ProtocolLogPeers", "-t", "MULTI_SZ", "-d", "not a host", "-f")
        refused = c.imc("check", check=False)
        expect(refused.returncode == 3 and "names of hosts or domains" in refused.stdout, refused.stdout + refused.stderr)
    finally:
        c.stop()
        sink.stop()
