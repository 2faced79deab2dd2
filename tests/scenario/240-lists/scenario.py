"""Lists and alternate recipients of the directory: lists in lists and circles, owners, forwards, who may send, how much; and a list that is
being expanded when the service is killed loses nobody and reaches nobody twice.

ndr-dl-member-name, ndr-wrong-recipients-large-dl, oof-to-dl-forbidden
"""
import random
import signal

from kit import *
from sinks import Sink

TEXT = b"From: carol@partner.example\r\nSubject: %s\r\n\r\ntext\r\n"


def text_of(c, alias, subject):
    """The texts with that subject in a mailbox."""
    found = [f.read_bytes() for f in c.maildir(alias)]
    return [t for t in found if f"\nSubject: {subject}\r".encode() in t]


def deliver(c, subject, sender, recipients, *aliases):
    """Sends it, and waits until each of the mailboxes has one."""
    c.send(sender, recipients, TEXT % subject.encode())
    for alias in aliases:
        wait_for(lambda: text_of(c, alias, subject), f"{subject} for {alias}")
    wait_for(lambda: not c.queue(), "an empty queue")
    for alias in aliases:
        expect(len(text_of(c, alias, subject)) == 1, f"{subject}: {alias} has several")


def people(c):
    for alias in ("alice", "bob", "eve", "olga"):
        c.imc("dir", "add", "mailbox", alias, "--address", f"{alias}@contoso.example")
    c.imc("dir", "add", "contact", "carol", "--address", "carol@contoso.example", "--target", "carol@partner.example")
    c.imc("dir", "add", "list", "sales", "--address", "sales@contoso.example", "--member", "bob", "--member", "carol")
    c.imc("dir", "add", "list", "staff", "--address", "staff@contoso.example", "--member", "alice", "--member", "sales")
    return {a: f"cn={a},cn=Recipients,ou=Oslo,o=Contoso{c.base()}"
            for a in ("alice", "bob", "eve", "olga", "carol", "sales", "staff", "gone")}


def lists(c, sink, dn):
    c.imc("dir", "modify", "sales", "--add", f"member={dn['staff']}")
    deliver(c, "circle", "carol@partner.example", ["staff@contoso.example", "bob@contoso.example"], "alice", "bob")
    wait_for(lambda: any(b"Subject: circle" in t for _, _, t in sink.taken()), "the contact's copy")
    copies = [(s, r) for s, r, t in sink.taken() if b"Subject: circle" in t]
    expect(len(copies) == 1 and "carol@partner.example" in copies[0][1][0], f"one copy for the contact: {copies}")
    sender = re.search("<(.*?)>", copies[0][0]).group(1)
    expect(sender.startswith("SRS0=") and sender.endswith("=partner.example=carol@contoso.example"), f"a sender of ours: {sender}")
    expect(c.rcpt(sender, "")[0] == 250, "reports come back to it")
    expect(c.rcpt(sender, "eve@elsewhere.example")[0] == 550, "and nothing else: it is no relay for who has read it")
    expect(c.rcpt(sender.replace("=carol@", "=dave@"), "")[0] == 550, "nobody else makes such an address")
    expect((c.root / "secrets" / "srs.key").stat().st_mode & 0o777 == 0o600, "the key is a secret")
    expect("staff > sales > staff" in json.dumps(c.events(40860)), "the circle is told as a path")
    text = text_of(c, "alice", "circle")[0].decode()
    for line in ("Return-Path: <carol@partner.example>", "Delivered-To: staff@contoso.example", "List-Id: ", "<staff.contoso.example>",
                 "List-Post: <mailto:staff@contoso.example>", "Precedence: list"):
        expect(line in text, f"{line} expected in\n{text}")
    expect("List-Id" not in text_of(c, "bob", "circle")[0].decode(), "bob was addressed himself")
    track = c.imc("track", "--recipient", "staff@contoso.example", "--json").stdout
    expect('"event":26' in track.replace(" ", "") or "expanded" in track, f"tracked as 26:\n{track[-2000:]}")

    c.imc("dir", "modify", "staff", "--add", f"owner={dn['olga']}", "--add", f"member={dn['gone']}")
    deliver(c, "owned", "carol@partner.example", ["staff@contoso.example"], "alice", "bob")
    text = text_of(c, "alice", "owned")[0].decode()
    expect("Return-Path: <olga@contoso.example>" in text, text)
    expect("List-Owner: <mailto:olga@contoso.example>" in text, text)
    expect(c.events(40862), "who is gone is an event")

    with c.smtp() as client:
        client.ehlo("client.example.net")
        code, said = client.docmd("MAIL FROM:<eve@contoso.example>")
        code, said = client.docmd("RCPT TO:<staff@contoso.example> NOTIFY=SUCCESS")
        expect(code == 250, said)
        client.data(TEXT % b"told")
    wait_for(lambda: any(b"Action: delivered" in f.read_bytes() for f in c.maildir("eve")), "a report of success")

    # Somebody who got a copy sends it back.
    c.send("eve@contoso.example", ["staff@contoso.example"], b"Delivered-To: staff@contoso.example\r\n" + TEXT % b"back")
    wait_for(lambda: any(b"Status: 5.4.6" in f.read_bytes() for f in c.maildir("eve")), "a report")
    expect(c.events(40863), "a copy that comes back is an event")
    expect(not text_of(c, "alice", "back"), "it must not go round")


def redirections(c, sink, dn):
    c.imc("dir", "modify", "eve", "--add", f"altRecipient={dn['bob']}")
    deliver(c, "forwarded", "carol@partner.example", ["eve@contoso.example"], "bob")
    expect(not text_of(c, "eve", "forwarded"), "eve keeps nothing")
    c.imc("dir", "modify", "eve", "--add", "deliverAndRedirect=TRUE")
    deliver(c, "both", "carol@partner.example", ["eve@contoso.example"], "bob", "eve")
    c.imc("dir", "modify", "eve", "--replace", f"altRecipient={dn['carol']}")
    deliver(c, "out", "bob@contoso.example", ["eve@contoso.example"], "eve")
    wait_for(lambda: any(b"Subject: out" in t for _, _, t in sink.taken()), "the forwarded copy")
    # Its forward is broken: mail waits, and is told why.
    c.imc("dir", "modify", "eve", "--remove", "deliverAndRedirect", "--replace", f"altRecipient={dn['gone']}")
    code, text = c.rcpt("eve@contoso.example")
    expect(code == 451, f"{code} {text}")
    expect("cn=gone" in json.dumps(c.events(40865)), "what is wrong is an event")
    c.imc("dir", "modify", "eve", "--remove", "altRecipient")


def restrictions(c, dn):
    # Whoever is on staff would be on sales as well.
    c.imc("dir", "modify", "sales", "--remove", f"member={dn['staff']}")
    c.imc("dir", "modify", "staff", "--add", f"authOrig={dn['sales']}")
    code, text = c.rcpt("staff@contoso.example", "alice@contoso.example")
    expect(code == 550 and "5.7.1" in text and "authOrig of cn=staff" in text, f"{code} {text}")
    expect(c.rcpt("staff@contoso.example", "bob@contoso.example")[0] == 250, "bob is on sales")
    expect(c.rcpt("staff@contoso.example", "carol@partner.example")[0] == 250, "a contact of sales")
    expect(c.events(40864), "a refusal is an event")
    c.imc("dir", "modify", "alice", "--add", f"unauthOrig={dn['staff']}")
    wait_for(lambda: c.rcpt("alice@contoso.example", "bob@contoso.example")[0] == 550, "those of staff may not send to alice")
    expect(c.rcpt("alice@contoso.example", "x@partner.example")[0] == 250, "others may")
    expect(c.rcpt("alice@contoso.example", "")[0] == 250, "reports may")
    c.imc("dir", "modify", "alice", "--remove", "unauthOrig", "--add", "imcAuthOnly=TRUE")
    code, text = c.rcpt("alice@contoso.example", "bob@contoso.example")
    expect(code == 550 and "imcAuthOnly" in text, f"{code} {text}")
    c.imc("dir", "modify", "alice", "--remove", "imcAuthOnly", "--add", "imcMaxReceiveKB=2")
    with c.smtp() as client:
        client.ehlo("client.example.net")
        client.docmd("MAIL FROM:<bob@contoso.example> SIZE=5000")
        code, text = client.docmd("RCPT TO:<alice@contoso.example>")
        expect(code == 552 and b"5.2.3" in text and b"imcMaxReceiveKB" in text, f"{code} {text}")
        expect(client.docmd("RCPT TO:<olga@contoso.example>")[0] == 250, "olga takes it")
        client.docmd("RSET")
        client.docmd("MAIL FROM:<bob@contoso.example>")
        expect(client.docmd("RCPT TO:<alice@contoso.example>")[0] == 250, "the size is not known yet")
        code, text = client.data(b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 100)
        expect(code == 552 and b"imcMaxReceiveKB" in text, f"{code} {text}")
    c.imc("dir", "modify", "alice", "--remove", "imcMaxReceiveKB")


def silence(c, slapd):
    slapd.stop()
    expect(c.rcpt("staff@contoso.example", "bob@contoso.example")[0] == 451, "silence is never a no")
    slapd.start()
    wait_for(lambda: c.rcpt("staff@contoso.example", "bob@contoso.example")[0] == 250, "the directory")


def killed(c, sink, ready):
    """Nobody is sent anything before the kills are over, so whoever has two was written twice."""
    count = 5600
    members = "".join(f"dn: cn=p{i},cn=Recipients,ou=Oslo,o=Contoso\nobjectClass: imcContact\ncn: p{i}\nmailNickname: p{i}\n"
                      f"targetAddress: SMTP:p{i}@partner.example\nproxyAddresses: SMTP:p{i}@contoso.example\n\n" for i in range(count))
    everybody = "dn: cn=everybody,cn=Recipients,ou=Oslo,o=Contoso\nobjectClass: imcList\ncn: everybody\nmailNickname: everybody\n" \
                "proxyAddresses: SMTP:everybody@contoso.example\n" \
                + "".join(f"member: cn=p{i},cn=Recipients,ou=Oslo,o=Contoso\n" for i in range(count))
    c.imc("dir", "import", "-", stdin=members + everybody)
    ready.clear()
    seed = random.randrange(1 << 30)
    print(f"    seed {seed}", flush=True)
    chance = random.Random(seed)
    for number in range(4):
        c.send("bob@contoso.example", ["everybody@contoso.example"], TEXT % f"kill{number}".encode())
        time.sleep(chance.random() * 0.5)
        c.stop(signal.SIGKILL)
        c.start()
    ready.append(True)
    wait_for(lambda: not c.queue(), "an empty queue", 240)
    got = {}
    for _, recipients, text in sink.taken():
        for number in range(4):
            if f"Subject: kill{number}\r".encode() in text:
                for r in recipients:
                    key = (number, re.search("<(.*?)>", r).group(1))
                    got[key] = got.get(key, 0) + 1
    twice = [k for k, n in got.items() if n != 1]
    expect(len(got) == 4 * count and not twice, f"{len(got)} of {4 * count} got it, {len(twice)} twice, such as {twice[:3]}")


def run(c, slapd):
    ready = [True]
    sink = Sink({"GREETING": lambda _: None if ready else "421 later"})
    c.imc("dir", "modify", c.connector_dn(), "--replace", f"imcSmartHost=127.0.0.1:{sink.port}", "--replace", "imcRetryHours=0.0003")
    dn = people(c)
    c.start()
    try:
        lists(c, sink, dn)
        redirections(c, sink, dn)
        restrictions(c, dn)
        if slapd:
            silence(c, slapd)
        else:
            killed(c, sink, ready)
    finally:
        sink.stop()
