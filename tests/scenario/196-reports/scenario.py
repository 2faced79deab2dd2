"""Reports by the rules of DSN, copies by category, double bounces at a rate, and no automatic mail to other domains unless policy says so.

ndr-for-ndr, ndr-admin-copy-550, ndr-admin-copy-unselected, autoforward-disabled-silent, auto-forwarded-flag-false
"""
import email

from kit import *
from sinks import Sink

PLAIN = b"From: alice@contoso.example\r\nSubject: plain\r\n\r\nthe text\r\n"


def rcpt(argument):
    if "never" in argument:
        return "550 5.1.1 no such user here"
    if "large" in argument:
        return "552 5.3.4 at most 1000 octets"
    return None


def send(c, sender, options, recipients, text=PLAIN):
    """`recipients` maps an address to the parameters of its RCPT."""
    with c.smtp() as client:
        client.ehlo()
        code, said = client.mail(sender, options)
        expect(code == 250, said)
        for address, parameters in recipients.items():
            code, said = client.rcpt(address, parameters)
            expect(code == 250, said)
        code, said = client.data(text)
        expect(code == 250, said)


class Box:
    """What is new in a Maildir since one looked."""

    def __init__(self, c, alias):
        self.c, self.alias, self.seen = c, alias, set()

    def new(self):
        return set(self.c.maildir(self.alias)) - self.seen

    def one(self, what):
        found = wait_for(self.new, what)
        self.seen |= found
        expect(len(found) == 1, f"{what}: {len(found)} messages")
        octets = found.pop().read_bytes()
        return octets.decode(), email.message_from_bytes(octets)


def run(folder):
    sink = Sink({"RCPT": rcpt})
    c = Connector(folder / "root")
    c.setup("--smart-host", f"127.0.0.1:{sink.port}")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    for name in ("alice", "bob"):
        c.imc("dir", "add", "mailbox", name, "--address", f"{name}@contoso.example")
    c.start()
    try:
        alice, admin = Box(c, "alice"), Box(c, "administrator")
        asked_for(c, alice)
        copies(c, alice, admin)
        double_bounces(c, admin)
        automatic(c, sink, alice)
    finally:
        c.stop()
        sink.stop()


def asked_for(c, alice):
    send(c, "alice@contoso.example", ["RET=FULL", "ENVID=QQ314159"],
         {"bob@contoso.example": ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Bob@contoso.example"]})
    text, report = alice.one("a report of success")
    status = report.get_payload()[1].as_string()
    for line in ("Original-Envelope-Id: QQ314159", "Original-Recipient: rfc822; Bob@contoso.example", "Action: delivered", "Status: 2.0.0"):
        expect(line in status, f"{line} expected in\n{status}")
    expect("the text" not in text, "success returns the header")
    expect("postmaster@contoso.example" in report["From"], report["From"])
    send(c, "alice@contoso.example", ["RET=FULL"], {"never@example.net": []})
    text, report = alice.one("a report of failure")
    expect([p.get_content_type() for p in report.get_payload()] == ["text/plain", "message/delivery-status", "message/rfc822"], text)
    expect("the text" in text and "Diagnostic-Code: smtp; 550 5.1.1 no such user here" in text and "What you can do:" in text, text)
    send(c, "alice@contoso.example", [], {"large@example.net": []})
    text, report = alice.one("a report of size")
    expect("Status: 5.3.4" in text and "The limit is that of 127.0.0.1" in text and "the text" not in text, text)
    # Whoever wants nothing gets nothing; the message that follows is reported first.
    send(c, "alice@contoso.example", [], {"never@example.net": ["NOTIFY=NEVER"]})
    send(c, "alice@contoso.example", [], {"bob@contoso.example": ["NOTIFY=SUCCESS"]})
    expect("Action: delivered" in alice.one("the second report of success")[0], "NOTIFY=NEVER was reported")


def copies(c, alice, admin):
    connector = c.connector_dn()
    c.imc("dir", "modify", connector, "--replace", "imcNotifyAdministrator=TRUE", "--replace", "imcNotifyAdministratorOf=size")
    wait_for(lambda: copied(c, alice, admin), "copies for the administrator")
    send(c, "alice@contoso.example", [], {"never@example.net": []})
    alice.one("a report of failure")
    expect(not admin.new(), "a category that was not chosen was copied")
    c.imc("dir", "modify", connector, "--replace", "imcNotifyAdministratorOf=nonsense")
    verdict = c.imc("check", "--json", check=False).stdout
    expect("imcNotifyAdministratorOf" in verdict and "recipient-not-found" in verdict, verdict)
    c.imc("dir", "modify", connector, "--replace", "imcNotifyAdministrator=FALSE", "--replace", "imcNotifyAdministratorOf=all")


def copied(c, alice, admin):
    send(c, "alice@contoso.example", [], {"large@example.net": []})
    alice.one("a report of size")
    wait_for(lambda: not c.queue(), "the copy, if there is one")
    found = admin.new()
    admin.seen |= found
    return any(b"Copy: mail that was not delivered" in f.read_bytes() for f in found)


def double_bounces(c, admin):
    taken = len(c.events(40113))
    c.imc("reg", "add", "-v", "DoubleBouncesPerHour", "-t", "DWORD", "-d", "2", "-f")
    wait_for(lambda: len(c.events(40113)) > taken, "the value to be taken")
    for _ in range(100):
        send(c, "", [], {"never@example.net": []})
        wait_for(lambda: not any("never" in r["recipients"][0]["address"] for r in c.queue()), "the failure")
        if c.events(40253):
            break
    told = len(wait_for(admin.new, "a double bounce"))
    expect(c.events(40253) and 1 <= told <= 2, f"{told} told, event 40253 expected")
    expect(c.events(40253)[0]["fields"]["most"] == "2", f"the value that was set: {c.events(40253)[0]}")
    wait_for(lambda: [r for r in track(c) if r["event"] == 1018 and r["recipient"] == "never@example.net"], "what was absorbed, in the tracking log")
    admin.seen |= admin.new()


def track(c):
    done = c.imc("track", "--since", "1h", "--json", check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def automatic(c, sink, alice):
    def mail(fields, sender="alice@contoso.example"):
        return send(c, sender, [], {"x@example.net": []}, b"From: alice@contoso.example\r\n" + fields + b"\r\n\r\nx\r\n")

    before = len(sink.taken())
    mail(b"Auto-Submitted: auto-replied", "")
    mail(b"Auto-Submitted: auto-replied (vacation)", "")
    mail(b"Autoforwarded: TRUE")
    text, report = alice.one("a report on the forward")
    expect("Status: 5.7.1" in text and "automatic forward not sent" in text, text)
    kept = wait_for(lambda: len(c.events(4123)) == 3 and c.events(4123), "three events 4123")
    expect(any("out-of-office reply not sent: the policy for example.net" in e["description"] for e in kept), str(kept))
    wait_for(lambda: len([r for r in track(c) if r["event"] == 40734]) == 3, "three records 40734")
    expect(len(sink.taken()) == before, "automatic mail left")
    mail(b"Autoforwarded: false")
    mail(b"Auto-Submitted: auto-generated")
    wait_for(lambda: len(sink.taken()) == before + 2, "what is neither a reply nor forwarded")
    c.imc("reg", "add", "-v", "AlwaysAllowForwarding", "-t", "DWORD", "-d", "1", "-f")

    def forwarded():
        had = len(sink.taken())
        mail(b"Autoforwarded: TRUE")
        wait_for(lambda: len(sink.taken()) > had or alice.new(), "the forward, or a report")
        alice.seen |= alice.new()
        return len(sink.taken()) > had

    wait_for(forwarded, "a forward that is allowed")
