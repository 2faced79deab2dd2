"""Zones whose servers are slow, lame, silent, or lie: mail for each waits and is never returned by what they say, mail for others goes meanwhile,
and what was only slow arrives. When the servers are mended, all of it arrives."""
from kit import *
from sinks import Sink

FAILING = {"silent": "SILENT", "broken": "SERVFAIL", "refused": "REFUSED", "lame": "LAME", "forged": "WRONGID", "othername": "OTHERNAME", "cut": "CUT"}
GOOD = "good.example MX 10 mx.good.example\nmx.good.example A 127.0.0.1\nslow.example MX 10 mx.good.example\nslow.example SLOW 1.5\n"


def run(folder):
    zone = folder / "zone"
    records = "".join(f"{name}.example MX 10 mx.good.example\n" for name in FAILING)
    zone.write_text(GOOD + records + "".join(f"{name}.example {how}\n" for name, how in FAILING.items()))
    zone.chmod(0o644)
    dns = subprocess.Popen([sys.executable, str(PROJECT / "tests/kit/dnsserver.py"), str(zone)], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    port = dns.stdout.readline().strip().split("@")[1]
    sink = Sink()
    c = Connector(folder / "root")
    try:
        c.setup()
        for name, kind, data in (("RelayAllowList", "MULTI_SZ", "127.0.0.0/8"), ("DnsServers", "MULTI_SZ", f"127.0.0.1:{port}"), ("OutboundPort", "DWORD", sink.port)):
            c.imc("reg", "add", "-v", name, "-t", kind, "-d", data, "-f")
        c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
        c.start()
        def taken(name):
            return sum(name in r for _, to, _ in sink.taken() for r in to)
        c.send("alice@contoso.example", ["x@slow.example"], b"Subject: go\r\n\r\nx\r\n")
        c.send("alice@contoso.example", ["x@good.example"], b"Subject: go\r\n\r\nx\r\n")
        wait_for(lambda: taken("good"), "mail for another domain meanwhile")
        wait_for(lambda: taken("slow"), "mail for the domain whose server is slow")
        for name in FAILING:
            c.send("alice@contoso.example", [f"x@{name}.example"], b"Subject: wait\r\n\r\nx\r\n")
        c.send("alice@contoso.example", ["y@good.example"], b"Subject: go\r\n\r\nx\r\n")
        wait_for(lambda: taken("good") == 2, "mail for another domain while nobody can say of seven")

        def tried():
            rows = {m["recipients"][0]["address"].split("@")[1].split(".")[0]: m["recipients"][0] for m in c.queue()}
            return rows if len(rows) == len(FAILING) and all(r["last_status"] or r["site_reply"] for r in rows.values()) else None
        rows = wait_for(tried, f"{len(FAILING)} that were looked up and wait; {[(m['recipients'][0]['address'], m['recipients'][0]['why']) for m in c.queue()]}")
        for name, row in rows.items():
            expect(row["reason"] == "no_route", f"{name}: {row}")
        expect(not c.maildir("alice"), "mail that waits was reported")
        expect(len(sink.taken()) == 3, f"{sink.taken()}")

        zone.write_text(GOOD + records)

        def arrived():
            # That a server did not answer is remembered for a minute.
            c.imc("queue", "retry", "--all")
            return len(sink.taken()) == 3 + len(FAILING) or time.sleep(1)
        try:
            wait_for(arrived, "all of it once the zones are mended", 3 * PATIENCE)
        except Failure as failure:
            raise Failure(f"{failure}; still there: " + "\n".join(f"{r['address']}: {r['why']}" for m in c.queue() for r in m["recipients"])) from None
        wait_for(lambda: not c.queue(), "an empty queue")
        expect(not c.maildir("alice"), "something was reported")
    finally:
        c.stop()
        sink.stop()
        dns.terminate()
        dns.wait()
