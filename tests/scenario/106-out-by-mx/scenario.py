"""Without a smart host mail goes by MX: the next host when the first is dead, a report when the domain takes no mail."""
import importlib.util

from kit import *
from sinks import Sink


def run(folder):
    sink = Sink()
    dns_tool = PROJECT / "tests/kit/dnsserver.py"
    # 127.0.0.2 refuses connections on the sink's port; 127.0.0.1 takes them.
    records = folder / "records.txt"
    records.write_text("""\
two.example MX 10 dead.two.example
two.example MX 20 live.two.example
dead.two.example A 127.0.0.2
live.two.example A 127.0.0.1
implicit.example A 127.0.0.1
null.example MX 0 .
""")
    import subprocess
    dns_port = free_port()
    dns = subprocess.Popen(["/usr/bin/python3", str(dns_tool), str(records), str(dns_port)], stdout=subprocess.DEVNULL)
    c = Connector(folder / "root")
    c.setup()
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("reg", "add", "-v", "DnsServers", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{dns_port}", "-f")
    c.imc("reg", "add", "-v", "OutboundPort", "-t", "DWORD", "-d", sink.port, "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.start()
    try:
        c.send("alice@contoso.example", ["x@two.example"], b"Subject: two\r\n\r\nx\r\n")
        wait_for(lambda: len(sink.taken()) == 1, "the message at the second host")
        c.send("alice@contoso.example", ["x@implicit.example"], b"Subject: implicit\r\n\r\nx\r\n")
        wait_for(lambda: len(sink.taken()) == 2, "the message by the implicit MX")
        for domain, status in (("null.example", "5.1.10"), ("missing.example", "5.1.2")):
            before = len(c.maildir("alice"))
            c.send("alice@contoso.example", [f"x@{domain}"], b"Subject: no\r\n\r\nx\r\n")
            wait_for(lambda: len(c.maildir("alice")) == before + 1, f"a report on {domain}")
            report = c.maildir("alice")[-1].read_text()
            newest = max(c.maildir("alice"), key=lambda p: p.stat().st_mtime_ns).read_text()
            expect(f"Status: {status}" in newest, f"{status} expected in the report:\n{newest or report}")
        expect(len(sink.taken()) == 2, "mail for a domain without mail went somewhere")
    finally:
        c.stop()
        dns.kill()
        dns.wait()
        sink.stop()
