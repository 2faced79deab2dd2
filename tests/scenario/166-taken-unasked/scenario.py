"""A row of the routing table takes mail while the directory of people is silent (250 2.0.0, event 40880); it waits in the queue, is delivered
when the directory is back, and only who is proven unknown then is reported. Another domain is deferred meanwhile."""
from kit import *
from kit_slapd import Slapd

PEOPLE = """dn: ou=People,{0}
objectClass: organizationalUnit
ou: People

dn: uid=ann,ou=People,{0}
objectClass: inetOrgPerson
cn: Ann
sn: Ann
uid: ann
mail: ann@contoso.example
"""


def set_value(c, name, data):
    c.imc("reg", "add", "-v", name, "-t", "SZ", "-d", data, "-f")


def run(folder):
    slapd = Slapd(folder / "slapd", schema=False).start()
    subprocess.run(["ldapadd", "-x", "-H", slapd.url, "-D", slapd.admin_dn, "-w", slapd.admin_password], input=PEOPLE.format(slapd.suffix),
                   text=True, check=True, capture_output=True)
    c = Connector(folder / "root")
    try:
        c.setup()
        set_value(c, "RecipientSource", slapd.url)
        set_value(c, "RecipientBase", "ou=People," + slapd.suffix)
        set_value(c, "RecipientFlavour", "openldap-inetorg")
        c.imc("dir", "modify", "cn=Site Addressing,cn=Configuration,ou=Oslo,o=Contoso", "--add",
              "imcRoutingRow=#contoso.example;inbound;accept", "--add", "imcRoutingRow=#fabrikam.example;inbound")
        c.start()
        story(c, slapd)
    finally:
        if c.process:
            c.stop()
        slapd.stop()


def story(c, slapd):
    expect(c.rcpt("ann@contoso.example") == (250, "2.1.5 Recipient ok"), "ann must be known")
    expect(c.rcpt("nobody@contoso.example")[0] == 550, "nobody is unknown while the directory says so")

    slapd.stop()
    code, text = c.rcpt("ann@contoso.example")
    expect(code == 250 and text.startswith("2.0.0 "), f"250 2.0.0 expected, {code} {text} came")
    code, text = c.rcpt("ann@fabrikam.example")
    expect(code == 451 and "4.3.0" in text, f"451 4.3.0 expected where no row says accept, {code} {text} came")
    code, text = c.rcpt("IMCEASMTP-x+40example+2Enet@contoso.example")
    expect(code == 451, f"an address in an address must wait outside, {code} {text} came")
    for recipient in ("ann@contoso.example", "nobody@contoso.example"):
        c.send("ann@contoso.example", [recipient], b"Subject: to %s\r\n\r\nx\r\n" % recipient.encode())
    wait_for(lambda: len(c.queue()) == 2, "two messages in the queue")
    wait_for(lambda: c.events(40880), "event 40880")
    expect(len(c.events(40880)) == 1, "said once, not for each recipient")
    expect(not c.maildir("ann"), "nothing is delivered, and nothing reported, while nobody can say")

    # With a start without people the row is explained as it is applied.
    c.stop()
    set_value(c, "StartWithoutDirectory", "last-good")
    c.start()
    wait_for(lambda: c.rcpt("ann@contoso.example")[0] == 250, "mail to be taken after a start without people")
    expect(len(c.queue()) == 2, "both messages must still wait")

    slapd.start()
    wait_for(lambda: c.rcpt("ann@contoso.example") == (250, "2.1.5 Recipient ok"), "look-ups to go on")
    said = c.imc("explain", "rcpt", "ann@contoso.example", "--no-dns").stdout
    expect("taken while the directory cannot say" in said and "#contoso.example;inbound;accept" in said, said)
    c.imc("queue", "retry", "--all", check=False)
    # Her own message, and the report on the other one.
    wait_for(lambda: len(c.maildir("ann")) == 2, "ann's mail and the report in her Maildir")
    texts = [f.read_text(errors="replace") for f in c.maildir("ann")]
    expect(any("Subject: to ann@contoso.example" in t and "multipart/report" not in t for t in texts), "ann's message must be there")
    expect(any("multipart/report" in t and "5.1.1" in t for t in texts), "the unknown recipient must be reported, and as unknown")
    wait_for(lambda: not c.queue(), "an empty queue")
