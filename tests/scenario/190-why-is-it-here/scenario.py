"""A host that refuses sessions is tried by one message for all that wait; each says why it is still here. The transfer mode changes live: inbound
only pauses what waits, none takes no more and sends what is there."""
from kit import *
from sinks import Sink


def why(c, identity):
    return c.imc("queue", "why", identity).stdout


def run(folder):
    closed = {"now": True}
    sink = Sink({"GREETING": lambda _: "421 4.3.2 closed for tonight" if closed["now"] else None})
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    name = c.connector_dn()
    c.imc("dir", "modify", name, "--replace", "imcRetryHours=1")
    c.start()

    def mode(word, count, *more):
        c.imc("dir", "modify", name, "--replace", f"imcTransferMode={word}", *more)
        wait_for(lambda: len(c.events(40113)) >= count, f"mode {word} to be taken")

    def by_reason():
        return {r["reason"]: r for r in map(json.loads, c.imc("queue", "ls", "--by", "reason", "--json").stdout.splitlines())}

    try:
        c.send("bob@example.net", ["first@example.org"], b"Subject: first\r\n\r\nx\r\n")
        wait_for(lambda: c.queue() and c.queue()[0]["recipients"][0]["attempts"] == 1, "the first attempt")
        for n in range(5):
            c.send("bob@example.net", [f"other{n}@example.org"], b"Subject: other\r\n\r\nx\r\n")
        rows = wait_for(lambda: len(c.queue()) == 6 and c.queue(), "six messages")
        expect([r["recipients"][0]["attempts"] for r in rows] == [1, 0, 0, 0, 0, 0], f"only one may have been tried: {rows}")
        said = why(c, rows[3]["id"])
        for words in ("It waits because no host of its site answers", "site_down", "421 4.3.2 closed for tonight", f"127.0.0.1:{sink.port}", "given up at"):
            expect(words in said, f"'{words}' expected in\n{said}")
        for words in ("decided:      configuration generation: ", "another's domain: example.org", f"goes to: smtp:[127.0.0.1]:{sink.port}"):
            expect(words in said, f"'{words}' expected in\n{said}")
        expect("decided: " in c.imc("queue", "show", rows[3]["id"]).stdout, "show tells it, too")
        expect(" 450 " not in said and "421 4.3.2 closed for tonight" in why(c, rows[0]["id"]), "the reply must be verbatim")
        counted = by_reason()
        expect(counted["site_down"]["recipients"] == 5 and counted["due_later"]["recipients"] == 1, str(counted))
        expect(counted["site_down"]["sample"] == rows[1]["id"], "the oldest is the sample")
        expect("imc queue why" in c.imc("queue", "ls", "--by", "reason").stdout, "people are told how to go on")
        for by, key in (("site", f"127.0.0.1:{sink.port}"), ("domain", "example.org"), ("sender", "bob@example.net")):
            groups = [json.loads(line) for line in c.imc("queue", "ls", "--by", by, "--json").stdout.splitlines()]
            expect([(g["key"], g["recipients"], g["reason"]) for g in groups] == [(key, 6, "site_down")], f"by {by}: {groups}")
        expect(f"6  127.0.0.1:{sink.port}: 6 messages, " in c.imc("queue", "ls", "--by", "site").stdout, "in words, too")
        expect(len(c.imc("queue", "ls", "--reason", "site_down", "--json").stdout.splitlines()) == 5, "the selector by reason")
        expect("there are" in c.imc("queue", "ls", "--reason", "whim", check=False).stderr, "a wrong reason is named with the right ones")
        expect("imc_waiting_site_down 5" in c.ask("/metrics")[1], "a metric per reason")

        # Inbound only: nothing leaves, although the host is open again; mail still comes.
        mode("inbound", 1)
        closed["now"] = False
        c.imc("queue", "retry", "--all")
        c.send("bob@example.net", ["late@example.org"], b"Subject: late\r\n\r\nx\r\n")
        wait_for(lambda: by_reason().get("paused", {}).get("recipients") == 7, f"seven that are paused: {by_reason()}")
        expect("sends nothing in this transfer mode" in why(c, rows[0]["id"]), why(c, rows[0]["id"]))
        expect(not sink.taken(), "something was sent")

        # None: no more is taken, what is there leaves.
        mode("none", 2, "--replace", "imcAddressSpace=SMTP:*;1;organization")
        wait_for(lambda: len(sink.taken()) == 7, "everything to leave")
        wait_for(lambda: not c.queue(), "an empty queue")
        expect(c.greeting().startswith("421 "), f"no mail may be taken: {c.greeting()}")
        mode("both", 3, "--remove", "imcAddressSpace")
        wait_for(lambda: c.greeting().startswith("220 "), "the listener again")
        c.send("bob@example.net", ["last@example.org"], b"Subject: last\r\n\r\nx\r\n")
        wait_for(lambda: len(sink.taken()) == 8, "mail both ways again")

        # Outbound only: as none, and it is meant to stay so.
        mode("inbound", 4)
        c.send("bob@example.net", ["kept@example.org"], b"Subject: kept\r\n\r\nx\r\n")
        wait_for(lambda: by_reason().get("paused", {}).get("recipients") == 1, f"one that is paused: {by_reason()}")
        mode("outbound", 5)
        wait_for(lambda: len(sink.taken()) == 9, "what waited to leave")
        expect(c.greeting().startswith("421 "), f"no mail may be taken: {c.greeting()}")
    finally:
        c.stop()
        sink.stop()
