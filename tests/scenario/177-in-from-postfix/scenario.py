"""A real Postfix relays to us under TLS, with PIPELINING, DSN and connections used again: what it took arrives as it was, and what we
refuse for good or for now it understands."""
from kit import *
from kit_postfix import Postfix

TEXT = (b"From: bob@example.net\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-Id: <%d@example.net>\r\nSubject: by postfix %d\r\n\r\n"
        b"..dots\r\n.\r\n...\r\ncaf\xc3\xa9\r\n" + b"x" * 990 + b"\r\ntabs\t \r\n")
MESSAGES = 40


def give_to(postfix, recipients, n, options=(), rcpt_options=()):
    with smtplib.SMTP("127.0.0.1", postfix.port, local_hostname="client.example.net", timeout=PATIENCE) as client:
        client.sendmail("bob@example.net", recipients, TEXT % (n, n), ["BODY=8BITMIME", *options], list(rcpt_options))


def below_postfix(octets):
    """Without our trace and the Received line of Postfix."""
    rest = below_trace(octets)
    match = re.match(rb"Received: from [^\n]*\n(?:[ \t][^\n]*\n)*", rest)
    expect(match, f"no Received line of Postfix below ours:\n{octets[:600]!r}")
    return rest[match.end():]


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    for alias in ("alice", "carol"):
        c.imc("dir", "add", "mailbox", alias, "--address", f"{alias}@contoso.example")
    c.start()
    postfix = None
    try:
        postfix = Postfix(folder / "postfix", relays_to=c.port)
        for n in range(MESSAGES):
            give_to(postfix, ["alice@contoso.example", "carol@contoso.example"], n, ["RET=HDRS", f"ENVID=E{n}"], ["NOTIFY=FAILURE"])
        for alias in ("alice", "carol"):
            wait_for(lambda: len(c.maildir(alias)) == MESSAGES, f"{MESSAGES} messages for {alias}")
            seen = set()
            for file in c.maildir(alias):
                octets = file.read_bytes()
                n = int(re.search(rb"^Subject: by postfix (\d+)", octets, re.M).group(1))
                seen.add(n)
                expect(below_postfix(octets) == TEXT % (n, n), f"message {n} differs from what was sent:\n{octets!r}")
                expect(b"with ESMTPS" in octets, f"not under TLS:\n{octets[:600]!r}")
            expect(len(seen) == MESSAGES, f"{len(seen)} different messages for {alias}")

        # Refused for good: Postfix returns it to its sender with our words.
        give_to(postfix, ["nobody@contoso.example"], 100)
        log = wait_for(lambda: (log := postfix.log()) and "status=bounced" in log and log, "a bounce of Postfix")
        expect(re.search(r"to=<nobody@contoso\.example>.*dsn=5\.1\.1, status=bounced .*550 5\.1\.1", log), log[-3000:])
        # Refused for now: it comes again.
        (folder / "file").write_text("")
        c.imc("reg", "add", "-v", "TurfTable", "-t", "MULTI_SZ", "-d", "bob@example.net quarantine", "-f")
        c.imc("reg", "add", "-v", "TurfDir", "-t", "SZ", "-d", str(folder / "file" / "turf"), "-f")
        wait_for(lambda: tried_again(c, postfix), "451 and a second attempt")
        c.imc("reg", "delete", "-v", "TurfTable", "-f")
        before = len(c.maildir("alice"))
        expect(before >= MESSAGES, "what was deferred is not lost")
        wait_for(lambda: deferred_came(c), "the deferred message")
        sent = re.findall(r"status=sent \(250 2\.0\.0", postfix.log())
        expect(len(sent) >= 2 * MESSAGES, f"{len(sent)} recipients sent")
        expect("TLS connection established to 127.0.0.1" in postfix.log(), "TLS")
    finally:
        try:
            c.stop()
        finally:
            if postfix:
                postfix.stop()


def tried_again(c, postfix):
    """Sends until one is deferred: the service takes the new table within seconds."""
    n = tried_again.n = getattr(tried_again, "n", 200) + 1
    give_to(postfix, ["alice@contoso.example"], n)
    wait_for(lambda: f"<{n}@example.net>" in postfix.log(), "Postfix to have it")
    queue = re.search(rf"(\w+): message-id=<{n}@example\.net>", postfix.log()).group(1)
    said = wait_for(lambda: re.findall(rf"{queue}: to=<alice@[^\n]*status=(\w+)", postfix.log()), "its first attempt")
    if said[0] != "deferred":
        return False
    tried_again.deferred = n
    return True


def deferred_came(c):
    return any(b"Subject: by postfix %d\r" % tried_again.deferred in f.read_bytes() for f in c.maildir("alice"))
