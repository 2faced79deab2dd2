"""4xx is tried again, 5xx is reported to the sender (never to <>), the queue shows why, retry and delete work."""
import email
import time

from kit import *
from sinks import Sink


def run(folder):
    refusals = {"left": 2}

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
    c.start()
    try:
        # One recipient works, one later, one never: each has a result of its own.
        c.send("alice@contoso.example", ["ok@example.net", "later@example.net", "never@example.net"], b"Subject: three\r\n\r\nx\r\n")
        wait_for(lambda: len([m for m in sink.taken() if any("later" in r for r in m[1])]) == 1, "the retry to succeed")
        expect(len([m for m in sink.taken() if any("ok@" in r for r in m[1])]) == 1, "ok@ must get it once")
        wait_for(lambda: len(c.maildir("alice")) == 1, "a report in alice's Maildir")
        octets = c.maildir("alice")[0].read_bytes()
        report = email.message_from_bytes(octets)
        expect(report["Return-Path"] == "<>", f"a report comes from <>, not {report['Return-Path']}")
        expect(report.get_content_type() == "multipart/report", report.get_content_type())
        kinds = [part.get_content_type() for part in report.get_payload()]
        expect(kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"], str(kinds))
        status = report.get_payload()[1].as_string()
        for line in ("Final-Recipient: rfc822; never@example.net", "Action: failed", "Status: 5.1.1",
                     "Diagnostic-Code: smtp; 550 5.1.1 no such user here"):
            expect(line in status, f"{line} expected in\n{status}")
        expect("later@" not in octets.decode() and "ok@" not in octets.decode().split("Subject: three")[0], "others are none of this report")
        expect(any("never@example.net" in e["description"] for e in c.events(40250)), "event 40250 expected for never@")
        # A report that fails causes none but to the administrator.
        c.send("", ["never@example.net"], b"Subject: report\r\n\r\nx\r\n")
        wait_for(lambda: not c.queue(), "an empty queue")
        wait_for(lambda: len(c.maildir("administrator")) == 1, "the double bounce")
        expect(len(c.maildir("alice")) == 1, "a report on a report")
        # What waits, and why.
        c.send("alice@contoso.example", ["stuck@example.net"], b"Subject: stuck\r\n\r\nx\r\n")
        row = wait_for(lambda: next((r for r in c.queue() if r["recipients"][0]["attempts"] >= 3), None), "three attempts")
        expect("451 4.3.2 not now" in row["recipients"][0]["last_reply"], str(row))
        expect("not now" in c.imc("queue", "show", row["id"]).stdout, "queue show must tell the reply")
        seen = row["recipients"][0]["attempts"]
        c.imc("queue", "retry", row["id"])
        wait_for(lambda: c.queue()[0]["recipients"][0]["attempts"] > seen, "another attempt")
        expect(c.imc("queue", "delete", "--all", "--dry-run").stdout.count("stuck@") == 1, "the dry run must show it")
        expect(len(c.queue()) == 1, "the dry run deleted it")
        wait_for(lambda: "1 recipient deleted" in c.imc("queue", "delete", "--all").stdout, "the deletion")
        expect(not c.queue(), "the queue must be empty")
        # What waits survives a restart.
        c.send("alice@contoso.example", ["stuck@example.net"], b"Subject: stuck again\r\n\r\nx\r\n")
        wait_for(lambda: c.queue() and c.queue()[0]["recipients"][0]["attempts"] >= 3, "three attempts")
        identity = c.queue()[0]["id"]
        c.stop()
        c.start()
        expect(c.queue()[0]["id"] == identity and c.queue()[0]["recipients"][0]["attempts"] >= 3, "the queue was forgotten")
    finally:
        c.stop()
        sink.stop()
