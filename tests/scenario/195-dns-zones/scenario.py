"""Every sort of zone, from a real NSD, first behind a dead server: where the mail goes, what waits, what is returned, and what explain says of it.

route-mx-to-cname, route-cname-chain-9, dns-temporary-failure-drop, route-wildcard-mx-search-list, route-own-domain-missing-loop
"""
from kit_nsd import *
from sinks import Sink

RECORDS = """\
good MX 10 mx.good
mx.good A 127.0.0.1
real A 127.0.0.1
implicit A 127.0.0.1
null MX 0 .
; An alias as a mail host is followed, and a domain that is one.
tocname MX 10 cname.tocname
cname.tocname CNAME mx.good
domainalias CNAME good
loop CNAME pool
pool CNAME loop
noaddr MX 10 gone.noaddr
some MX 10 gone.some
some MX 20 mx.good
; NSD has no zone "broken" and refuses: nobody can say.
waits MX 10 mx.broken.
partly MX 10 mx.broken.
partly MX 20 mx.good
xn--bcher-kva MX 10 mx.good
*.wild MX 10 mx.good
us MX 10 better.us
us MX 20 own.us
us MX 20 equal.us
us MX 30 behind.us
better.us A 127.0.0.2
own.us A 127.0.0.1
equal.us A 127.0.0.3
behind.us A 127.0.0.4
"""


def chain(length):
    names = [f"chain{length}", *(f"s{i}.chain{length}" for i in range(1, length)), "real"]
    return "".join(f"{a} CNAME {b}\n" for a, b in zip(names, names[1:]))


def explain(c, address, *more):
    done = c.imc("explain", "route", "--json", address, *more, check=False)
    return done.returncode, json.loads(done.stdout)


def run(folder):
    sink = Sink()
    nsd = Nsd(folder / "nsd", "example", RECORDS + chain(1) + chain(10) + chain(11) + chain(12))
    c = Connector(folder / "root")
    c.setup()
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("reg", "add", "-v", "DnsServers", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{free_port()}\\0127.0.0.1:{nsd.port}", "-f")
    c.imc("reg", "add", "-v", "OutboundPort", "-t", "DWORD", "-d", sink.port, "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.start()
    try:
        c.send("alice@contoso.example", ["x@good.example"], b"Subject: x\r\n\r\nx\r\n")
        wait_for(lambda: len(sink.taken()) == 1, "the message found by the second server")
        c.stop()
        c.imc("reg", "add", "-v", "DnsServers", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{nsd.port}", "-f")
        c.start()
        arrives(c, sink)
        returned(c, sink)
        waiting(c, sink)
        explained(c, nsd)
        own_domain(c)
    finally:
        c.stop()
        nsd.stop()
        sink.stop()


def arrives(c, sink):
    """Whatever names lead there, RCPT is what was written."""
    for recipient in ("x@good.example", "x@implicit.example", "x@tocname.example", "x@domainalias.example", "x@chain1.example",
                      "x@chain10.example", "x@some.example", "x@partly.example", "x@any.wild.example"):
        before = len(sink.taken())
        c.send("alice@contoso.example", [recipient], b"Subject: x\r\n\r\nx\r\n")
        wait_for(lambda: len(sink.taken()) == before + 1, f"the message to {recipient}")
        expect(sink.taken()[-1][1] == [f"TO:<{recipient}>"], f"RCPT changed: {sink.taken()[-1][1]}")
    with c.smtp() as client:
        client.ehlo()
        client.mail("alice@contoso.example", ["SMTPUTF8"])
        code, text = rcpt8(client, "x@bücher.example")
        expect(code == 250, f"{code} {text}")
        code, text = rcpt8(client, "x@\u0301bad.example")
        expect(code >= 500, f"an invalid domain was taken: {code} {text}")
        before = len(sink.taken())
        client.data(b"Subject: x\r\n\r\nx\r\n")
    wait_for(lambda: len(sink.taken()) == before + 1, "the message to the domain in UTF-8")


def rcpt8(client, address):
    client.sock.sendall(f"RCPT TO:<{address}>\r\n".encode())
    return client.getreply()


def returned(c, sink):
    before = len(sink.taken())
    for domain, status in (("null", "5.1.10"), ("missing", "5.1.2"), ("noaddr", "5.4.4"), ("loop", "5.4.4"), ("chain11", "5.4.4"),
                           ("chain12", "5.4.4")):
        had = set(c.maildir("alice"))
        c.send("alice@contoso.example", [f"x@{domain}.example"], b"Subject: no\r\n\r\nx\r\n")
        report = wait_for(lambda: set(c.maildir("alice")) - had, f"a report on {domain}").pop().read_text()
        expect(f"Status: {status}" in report, f"{domain}: {status} expected in the report:\n{report}")
        expect(domain != "null" or "556 5.1.10" in report, report)
    expect(len(sink.taken()) == before, "mail for a domain without mail went somewhere")


def waiting(c, sink):
    had = len(c.maildir("alice"))
    for domain in ("waits.example", "nobody.broken"):
        c.send("alice@contoso.example", [f"x@{domain}"], b"Subject: wait\r\n\r\nx\r\n")
    rows = wait_for(lambda: [r["recipients"][0] for r in c.queue() if r["recipients"][0]["attempts"]] if len(
        [r for r in c.queue() if r["recipients"][0]["attempts"]]) == 2 else None, "two that wait")
    for row in rows:
        expect(row["last_status"] == "4.4.3", str(row))
    expect(len(c.maildir("alice")) == had, "mail that waits was reported")


def explained(c, nsd):
    status, said = explain(c, "x@partly.example")
    hosts = said["hosts"]["hosts"]
    expect(status == 0 and [h["fate"] for h in hosts] == ["DNS cannot say", "tried"], str(said))
    expect(hosts[1]["addresses"] == ["127.0.0.1"] and hosts[1]["preference"] == 20 and hosts[1]["ttl"] == 60, str(said))
    expect(hosts[1]["secure"] is False and said["hosts"]["ttl"] == 60, str(said))
    status, said = explain(c, "x@tocname.example")
    expect(said["hosts"]["hosts"][0]["aliases"] == ["mx.good.example"], str(said))
    for domain, verdict in (("null.example", (True, "5.1.10")), ("waits.example", (False, "4.4.3")), ("loop.example", (True, "5.4.4"))):
        status, said = explain(c, f"x@{domain}")
        none = said["hosts"]["none"]
        expect(status == 1 and (none["permanent"], none["status"]) == verdict, str(said))
    expect("hosts" not in explain(c, "x@null.example", "--no-dns")[1], "--no-dns asked DNS")
    expect(c.imc("explain", "route", "x@\u0301bad.example", check=False).returncode == 2, "an invalid domain has no route")
    # With the port of our own listener we are one of the mail hosts.
    c.imc("reg", "add", "-v", "OutboundPort", "-t", "DWORD", "-d", c.port, "-f")
    status, said = explain(c, "x@us.example")
    fates = {h["name"].split(".")[0]: h["fate"] for h in said["hosts"]["hosts"]}
    expect(fates == {"better": "tried", "own": "ourselves", "equal": "behind us", "behind": "behind us"}, str(said))
    text = c.imc("explain", "route", "x@us.example").stdout
    expect("1.  10 better.us.example" in text and "not 20 own.us.example" in text and "ourselves" in text, text)
    expect(explain(c, "x@good.example")[1]["hosts"]["none"]["status"] == "5.4.6", "we are the only mail host")


def own_domain(c):
    """A domain whose only mail host we are, and which is none of ours: back at once, and an event that names it and the mend; it once went round."""
    c.stop()
    c.start()
    had = set(c.maildir("alice"))
    expect(not c.events(4115), "no such event before")
    c.send("alice@contoso.example", ["x@good.example"], b"Subject: round\r\n\r\nx\r\n")
    report = wait_for(lambda: set(c.maildir("alice")) - had, "a report").pop().read_text()
    expect("Status: 5.4.6" in report, report)
    said = wait_for(lambda: c.events(4115), "event 4115")
    expect("good.example" in said[0]["description"], f"the domain: {said}")
    expect("Make the domain an inbound one" in c.imc("explain", "4115").stdout, "the mend")
    wait_for(lambda: all(r["recipients"][0]["address"] != "x@good.example" for r in c.queue()), "nothing of it to wait")
    expect(len(set(c.maildir("alice")) - had) == 1, "one pass, one report")
