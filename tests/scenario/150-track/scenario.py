"""A message's story is told from the tracking log, running or stopped; a log that cannot be written stops no mail (3016); a removal is told."""
import json

from kit import *
from sinks import Sink


def run(folder):
    refusals = {"left": 1}

    def rcpt(argument):
        if "later" in argument and refusals["left"] > 0:
            refusals["left"] -= 1
            return "450 4.2.1 come back later"
        if "never" in argument:
            return "550 5.1.1 no such user here"
        if "stuck" in argument:
            return "451 4.3.2 not now"
        return None

    sink = Sink({"RCPT": rcpt})
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    connector = "cn=Internet Mail Connector (MAIL1),cn=Connections,cn=Configuration,ou=Oslo,o=Contoso"
    c.imc("dir", "modify", connector, "--replace", "imcRetryHours=0.0003,0.0003,1")

    def story(*words, check=True):
        return [json.loads(line) for line in c.imc("track", *words, "--json", check=check).stdout.splitlines()]

    def numbers(records, recipient):
        return [r["event"] for r in records if r["recipient"] == recipient]

    c.start()
    try:
        c.send("alice@contoso.example", ["later@example.net", "never@example.net"],
               b"Message-ID: <story@contoso.example>\r\nSubject: two\r\n\r\nx\r\n")
        wait_for(lambda: len(c.maildir("alice")) == 1 and not c.queue(), "the report, and an empty queue")
        told = wait_for(lambda: [r for r in [story("--message-id", "story@contoso.example", check=False)]
                                 if 1013 in numbers(r, "alice@contoso.example") and 1011 in numbers(r, "later@example.net")],
                        "the whole story")[0]
        expect(numbers(told, "later@example.net") == [1012, 1010, 40731, 1011], str(numbers(told, "later@example.net")))
        expect(numbers(told, "never@example.net") == [1012, 1010, 40732, 1017], str(numbers(told, "never@example.net")))
        expect(numbers(told, "alice@contoso.example") == [40730, 1013], "the report's own way belongs to the story")
        deferred = next(r for r in told if r["event"] == 40731)
        expect("450 4.2.1 come back later" in deferred["text"], str(deferred))
        expect(next(r for r in told if r["event"] == 1012)["helo"], "HELO must be told")
        human = c.imc("track", "--recipient", "never@example.net").stdout
        expect("550 5.1.1 no such user here" in human and "received from" in human, human)

        # Delivered and gone, and still explained with the facts of that time.
        c.send("carol@example.net", ["alice@contoso.example"], b"Message-ID: <facts@contoso.example>\r\nSubject: facts\r\n\r\nx\r\n")
        wait_for(lambda: len(c.maildir("alice")) == 2 and not c.queue(), "mail for alice")
        c.imc("dir", "modify", "cn=alice,cn=Recipients,ou=Oslo,o=Contoso", "--replace", "imcDisabled=TRUE")
        facts = wait_for(lambda: [r for r in story("--message-id", "facts@contoso.example", check=False) if r["event"] == 1012], "its story")[0]
        known = {f["word"]: f["value"] for f in facts["decided"]["facts"]}
        expect(known["dn"] == "cn=alice,cn=Recipients,ou=Oslo,o=Contoso" and known["by"] == "SMTP" and known["to"] == "maildir:alice", str(known))
        expect(int(known["gen"]) > 0 and int(known["dir"]) > 0, str(known))
        human = c.imc("track", "--message-id", "facts@contoso.example").stdout
        expect("; decided: " in human and "object cn=alice" in human, human)
        c.imc("dir", "modify", "cn=alice,cn=Recipients,ou=Oslo,o=Contoso", "--replace", "imcDisabled=FALSE")

        c.send("alice@contoso.example", ["stuck@example.net"], b"Subject: stuck\r\n\r\nx\r\n")
        wait_for(lambda: c.queue(), "the stuck message")
        wait_for(lambda: c.queue()[0]["recipients"][0]["attempts"] >= 3, "three attempts")
        c.imc("queue", "delete", "--all")
        wait_for(lambda: 40735 in numbers(story("--recipient", "stuck@example.net", check=False), "stuck@example.net"), "the deletion that can be undone")
        c.imc("queue", "undelete", "--all")
        c.imc("queue", "delete", "--all", "--now")
        wait_for(lambda: 40733 in numbers(story("--recipient", "stuck@example.net", check=False), "stuck@example.net"), "the removal")

        # Q257348: the log cannot be written, mail goes on.
        log = c.root / "log" / "tracking"
        kept = c.root / "log" / "tracking.kept"
        log.rename(kept)
        log.write_text("in the way")
        c.send("bob@example.net", ["alice@contoso.example"], b"Subject: goes on\r\n\r\nx\r\n")
        wait_for(lambda: len(c.maildir("alice")) == 3, "mail in spite of the log")
        wait_for(lambda: len(c.events(3016)) == 1, "event 3016")
        log.unlink()
        kept.rename(log)
        wait_for(lambda: len(c.events(40720)) == 1, "event 40720")
        expect(len(c.events(3016)) == 1, "3016 must be said once")
        wait_for(lambda: 1013 in [r["event"] for r in story("--sender", "bob@example.net", check=False)], "what waited in memory")
    finally:
        c.stop()
    expect(len(story("--message-id", "<story@contoso.example>")) == len(told), "the same story while stopped")
    nothing = c.imc("track", "--id", "0000000000ZZZ", check=False)
    expect(nothing.returncode == 1 and "no message that fits" in nothing.stderr, nothing.stderr)
    expect(c.imc("track", check=False).returncode == 2, "a search for nothing is wrong usage")
    unknown = c.imc("explain", "7K3M9QXB", check=False)
    expect(unknown.returncode == 1 and "no refusal with the code 7K3M9QXB" in unknown.stderr, unknown.stderr)
    expect(c.imc("rejects", "--peer", "nonsense", check=False).returncode == 2, "--peer nonsense is wrong usage")
