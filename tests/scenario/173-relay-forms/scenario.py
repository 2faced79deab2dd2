"""No classic form makes the running service relay, whoever the sender claims to be; explain says which rule decides."""
from kit import *

# relay-default-after-install, relay-percent-hack, relay-quoted-inner-at, relay-imcea-quoted-forward-all, imcea-corrupt-value;
# encapsulated-bypass-removed-proxy: the administrator has no such proxy address, so the name of his object opens nothing.
FORMS = [  # RCPT, codes that may answer it
    ("<user@victim.example>", (550,)),
    ("<user%victim.example@contoso.example>", (550,)),
    ("<user%victim.example>", (501, 550, 553)),
    ("<victim.example!user@contoso.example>", (550,)),
    ("<victim.example!user>", (501, 550, 553)),
    ("<\"user@victim.example\"@contoso.example>", (550,)),
    ("<\"user@victim.example\">", (501, 550, 553)),
    ("<user@victim.example@contoso.example>", (501, 553)),
    ("<@contoso.example:user@victim.example>", (550,)),
    ("<@victim.example:user%victim.example@contoso.example>", (550,)),
    ("<user@[192.0.2.1]>", (550,)),  # literal-domain-ours: this one is somebody else's, 127.0.0.1 is ours
    ("<user@[127.0.0.1]>", (550,)),
    ("<user%victim.example@[127.0.0.1]>", (550,)),
    ("<IMCEASMTP-user+40victim+2Eexample@contoso.example>", (550,)),
    ("<imceasmtp-user+40victim+2Eexample@CONTOSO.example>", (550,)),
    ("<\"IMCEA user@victim.example\"@contoso.example>", (550,)),
    ("<IMCEAEX-_O=ORG_OU=SITE_CN=RECIPIENTS_CN=ADMINISTRATOR@contoso.example>", (550,)),
    ("<IMCEAEX-+ZZ+0@contoso.example>", (550,)),
    ("<user@VICTIM.example.>", (550,)),
    ("<user@victim.example >", (501, 553)),
    ("<user@contoso.example >", (501, 553)),
    ("<user>", (501, 550, 553)),
]
# relay-null-sender, relay-local-sender-forgery
SENDERS = ["<>", "<bob@example.net>", "<administrator@contoso.example>", "<administrator>", "<administrator@[127.0.0.1]>",
           "<administrator@localhost>"]


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    c.imc("reg", "add", "-v", "UnknownRecipientLimit", "-t", "DWORD", "-d", "0", "-f")  # we guess a lot
    c.imc("reg", "add", "-v", "UnknownRecipientClose", "-t", "DWORD", "-d", "0", "-f")
    c.start()
    try:
        for sender in SENDERS:
            tried(c, sender)
        explained(c)
        always(c)
    finally:
        c.stop()


def tried(c, sender):
    for form, codes in FORMS:
        with c.smtp() as client:
            client.ehlo("client.example.net")
            code, _ = client.docmd(f"MAIL FROM:{sender}")
            if code != 250:
                return  # refused at once is refused
            code, text = client.docmd(f"RCPT TO:{form}")
            expect(code in codes, f"{sender} to {form}: {code} {text}")
            code, text = client.docmd("RCPT TO:<Administrator@Contoso.Example.>")
            expect(code == 250, f"our own recipients stay reachable: {code} {text}")
            code, text = client.docmd("RCPT TO:<administrator@[127.0.0.1]>")
            expect(code == 250, f"one of our own addresses is the site domain: {code} {text}")
            expect(client.docmd("RSET")[0] == 250, "RSET")
    expect(not c.queue(), "nothing was queued, so nobody hears of it by a report (relay-noreroute-ndr-backscatter)")


def explain(c, *words):
    done = c.imc("explain", "relay", "--peer", "127.0.0.1", "--json", *words, check=False)
    return json.loads(done.stdout)


def explained(c):
    said = explain(c, "--from", "administrator@contoso.example", "--to", "user@victim.example")
    expect(not said["allowed"] and said["reply"] == "550 5.7.1", said)
    expect([s for s in said["steps"] if s["decides"]][0]["rule"] == said["rule"], said)
    expect(explain(c, "--to", "user%victim.example@contoso.example")["local"], "a local name")
    expect("malformed" in explain(c, "--to", "a@b@c"), "no address")
    expect(explain(c, "--to", "administrator@[127.0.0.1]")["local"], "a literal of ours")
    expect(not explain(c, "--to", "administrator@[192.0.2.1]")["local"], "a literal of others")
    for address, reached in (("administrator@[127.0.0.1]", "Maildir "), ("administrator@[192.0.2.1]", "SMTP to the MX of [192.0.2.1]")):
        hop = json.loads(c.imc("explain", "route", "--json", address).stdout)["next_hop"]
        expect(hop.startswith(reached), f"{address} goes to {hop}, {reached} expected")
    said = explain(c, "--role", "submission", "--auth", "administrator", "--to", "user@victim.example")
    expect(said["allowed"] and said["rule"] == "submission listener", said)
    expect(not explain(c, "--auth", "administrator", "--to", "user@victim.example")["allowed"], "not at the mx listener")
    expect(not explain(c, "--role", "submission", "--to", "user@victim.example")["allowed"], "not without signing in")
    expect(c.imc("explain", "relay", "--peer", "127.0.0.1", "--role", "x", "--to", "a@b.example", check=False).returncode == 2, "no such role")


def always(c):
    """relay-override-domain-row, relay-stale-lists-after-mode-switch, relay-noreroute-blocks-local"""
    c.imc("reg", "add", "-v", "RelayDomains", "-t", "MULTI_SZ", "-d", "b.example\\0#c.example", "-f")
    wait_for(lambda: c.rcpt("x@b.example")[0] == 250, "b.example always relays")
    expect(c.rcpt("x@c.example")[0] == 250, "c.example, too")
    expect(c.rcpt("x@sub.c.example")[0] == 550, "c.example was exact")
    expect(c.rcpt("x@d.example")[0] == 550, "d.example needs no row to be refused")
    expect(explain(c, "--to", "x@sub.b.example")["rule"] == "RelayDomains b.example", "by its row")
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    wait_for(lambda: c.rcpt("x@d.example")[0] == 250, "the list")
    c.imc("reg", "add", "-v", "RelayMode", "-t", "SZ", "-d", "off", "-f")
    wait_for(lambda: c.rcpt("x@d.example")[0] == 550, "off means off, whatever the lists hold")
    expect(c.rcpt("x@b.example")[0] == 550, "RelayDomains, too")
    expect(c.rcpt("administrator@contoso.example")[0] == 250, "our own mail is always taken")
