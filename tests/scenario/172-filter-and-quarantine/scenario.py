"""The filter table refuses, sets aside and tags, is taken without a restart, and what was set aside can be released or deleted."""
from kit import *


def message(sender):
    return f"From: {sender}\r\nTo: administrator@contoso.example\r\nSubject: x\r\n\r\nbody\r\n".encode()


def send(c, envelope, header=None):
    """The reply that decided."""
    with c.smtp() as client:
        client.ehlo("client.example.net")
        code, text = client.mail(envelope)
        if code != 250:
            return code, text.decode()
        code, text = client.rcpt("administrator@contoso.example")
        if code != 250:
            return code, text.decode()
        code, text = client.data(message(header or envelope))
        return code, text.decode()


def json_lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def quarantine(c):
    return json_lines(c.imc("quarantine", "ls", "--json"))


def released_with_its_envelope(c):
    """What was asked for at MAIL and RCPT (RFC 3461) holds after a release: who wants no report gets none, the other's names all."""
    for alias in ("carol", "dave"):
        c.imc("dir", "add", "mailbox", alias, "--address", f"{alias}@contoso.example")
    c.imc("reg", "add", "-v", "TurfTable", "-t", "MULTI_SZ", "-f", "-d", "administrator@contoso.example quarantine\\0@aside.example quarantine")

    def set_aside():
        with c.smtp() as client:
            client.ehlo("client.example.net")
            client.docmd("MAIL FROM:<administrator@contoso.example> RET=HDRS ENVID=QQ314")
            client.docmd("RCPT TO:<carol@contoso.example> NOTIFY=NEVER")
            code, text = client.docmd("RCPT TO:<dave@contoso.example> NOTIFY=FAILURE ORCPT=rfc822;david@contoso.example")
            expect(code == 250, f"{code} {text}")
            expect(client.data(b"Subject: held back\r\n\r\nbody\r\n")[0] == 250, "taken")
        return next((k for k in quarantine(c) if k["envid"] == "QQ314"), None)
    kept = wait_for(set_aside, "the new table")
    expect(kept["notify"] == ["NEVER", "FAILURE"] and kept["originals"] == ["", "rfc822;david@contoso.example"] and kept["ret"] == "HDRS", kept)
    wait_for(lambda: not c.queue(), "what was delivered before")
    before = {f.name for f in c.maildir("administrator")}
    for alias in ("carol", "dave"):
        c.imc("dir", "delete", alias)
    c.imc("quarantine", "release", kept["id"])

    def reports():
        return [f.read_text() for f in c.maildir("administrator") if f.name not in before]
    report = wait_for(reports, "a report")[0]
    wait_for(lambda: not c.queue(), "an empty queue")
    expect(len(reports()) == 1, f"{len(reports())} reports")
    for line in ("Original-Envelope-Id: QQ314", "Original-Recipient: rfc822; david@contoso.example", "Final-Recipient: rfc822; dave@contoso.example"):
        expect(line in report or line.replace("; ", ";") in report, f"{line!r} is not in the report:\n{report}")
    expect("carol" not in report, "carol's failure was not to be told")


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.start()
    try:
        expect(send(c, "x@bad.example")[0] == 250, "nothing is filtered yet")
        c.imc("reg", "add", "-v", "TurfTable", "-t", "MULTI_SZ", "-f", "-d",
              "@bad.example\\0#@aside.example quarantine\\0newsletter tag\\0<> quarantine")
        wait_for(lambda: send(c, "x@sub.BAD.example")[0] == 550, "the table to be taken")
        code, text = send(c, "x@good.example", "\"Good\" <x@bad.example>")
        expect(code == 550 and "5.7.1" in text, (code, text))
        expect(any(e["fields"]["where"] == "MAIL FROM" for e in c.events(4192)), c.events(4192))
        wait_for(lambda: not c.queue(), "what came before to be delivered")
        before = len(c.maildir("administrator"))

        def delivered():
            return len(c.maildir("administrator")) - before

        expect(send(c, "y@sub.aside.example")[0] == 250, "exact means exact")
        expect(send(c, "newsletter@example.net")[0] == 250, "tagged mail is delivered")
        wait_for(lambda: delivered() == 2, "both messages")
        texts = [path.read_bytes() for path in c.maildir("administrator")]
        expect(sum(b"\r\nX-IMC-Filtered: newsletter tag\r\n" in text for text in texts) == 1, "one of them is tagged")

        expect(send(c, "x@aside.example")[0] == 250, "set aside")
        expect(send(c, "", "Mail System <daemon@example.net>")[0] == 250, "set aside, too")
        expect(send(c, "z@good.example", "z@aside.example")[0] == 250, "set aside by its From")
        kept = quarantine(c)
        expect([k["sender"] for k in kept] == ["x@aside.example", "", "z@good.example"], kept)
        expect([k["where"] for k in kept] == ["MAIL FROM", "MAIL FROM", "From"], kept)
        expect(delivered() == 2 and before >= 1, "nothing that was set aside is delivered")
        text = c.imc("quarantine", "show", "--text", kept[0]["id"]).stdout
        expect(text.startswith("Received: ") and text.endswith("body\n"), text)

        c.imc("quarantine", "release", kept[0]["id"])
        wait_for(lambda: delivered() == 3, "the released message")
        expect(len(c.events(40704)) == 1, c.events(40704))
        c.imc("quarantine", "delete", kept[1]["id"])
        expect([k["id"] for k in quarantine(c)] == [kept[2]["id"]], quarantine(c))
        expect(c.imc("quarantine", "release", kept[0]["id"], check=False).returncode == 1, "it is gone")
        expect(c.imc("quarantine", "release", "../../registry", check=False).returncode == 1, "no way out of the folder")
        rules = {json.loads(line)["row"]: json.loads(line)["hits"] for line in c.imc("quarantine", "rules", "--json").stdout.splitlines()}
        expect(rules["newsletter tag"] == 1 and rules["#@aside.example quarantine"] == 2, rules)

        released_with_its_envelope(c)

        # A folder that cannot be made refuses for now; nothing is dropped.
        (folder / "file").write_text("")
        c.imc("reg", "add", "-v", "TurfDir", "-t", "SZ", "-d", str(folder / "file" / "turf"), "-f")
        wait_for(lambda: send(c, "x@aside.example")[0] == 451, "451 while nothing can be kept")
        wait_for(lambda: c.events(40703), "event 40703")
    finally:
        c.stop()
    c.imc("reg", "delete", "-v", "TurfDir", "-f")
    expect(kept[2]["id"] in [k["id"] for k in quarantine(c)], "the list needs no service")
