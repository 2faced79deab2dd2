"""The routing table, the kinds of recipients and another connector of the site, as a client and the queue see them."""
from kit import *
from sinks import Sink


def run(folder):
    hub, legacy = Sink(), Sink()
    c = Connector(folder / "root")
    c.setup()
    c.imc("reg", "add", "-v", "UnknownRecipientLimit", "-t", "DWORD", "-d", "0", "-f")
    c.imc("reg", "add", "-v", "UnknownRecipientClose", "-t", "DWORD", "-d", "0", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    c.imc("dir", "add", "contact", "carol", "--address", "carol@contoso.example", "--target", "carol@partner.example")
    c.start()
    try:
        kinds(c)
        table(c, legacy)
        outbound(c)
        connectors(c, hub)
    finally:
        c.stop()
        hub.stop()
        legacy.stop()


def addressing(c):
    return "cn=Site Addressing,cn=Configuration,ou=Oslo,o=Contoso" + c.base()


def explain(c, address, *more):
    return json.loads(c.imc("explain", "rcpt", address, "--json", "--no-dns", *more, check=False).stdout)


def kinds(c):
    expect(c.rcpt("alice+news@contoso.example")[0] == 550, "there are no subaddresses yet")
    c.imc("dir", "modify", addressing(c), "--replace", "imcSubaddressSeparator=+")
    wait_for(lambda: c.rcpt("alice+news@contoso.example")[0] == 250, "user+detail is user")
    c.imc("dir", "modify", "alice", "--replace", "imcDisabled=TRUE")
    wait_for(lambda: c.rcpt("alice@contoso.example") == (550, "5.2.1 Mailbox disabled"), "a disabled mailbox is refused")
    c.imc("dir", "modify", "alice", "--replace", "imcDisabled=FALSE", "--replace", "imcHidden=TRUE")
    wait_for(lambda: c.rcpt("alice@contoso.example")[0] == 250, "a hidden one receives")
    # encapsulated-bypass-removed-proxy: the name of an object in the tree opens nothing to strangers.
    name = "IMCEAEX-_O=CONTOSO_OU=OSLO_CN=RECIPIENTS_CN=ALICE@contoso.example"
    expect(c.rcpt(name)[0] == 550, "a stranger used an encapsulated name")
    c.imc("dir", "modify", "alice", "--replace", "imcAcceptEncapsulated=TRUE")
    wait_for(lambda: c.rcpt(name)[0] == 250, "whoever takes such mail gets it")


def table(c, legacy):
    for row in ("old.example;rewrite;contoso.example", f"#legacy.example;shared;127.0.0.1:{legacy.port}",
                "closed.example;reject;We have moved", f"partner.example;relay;127.0.0.1:{legacy.port};always"):
        c.imc("dir", "modify", addressing(c), "--add", f"imcRoutingRow={row}")
    wait_for(lambda: c.rcpt("x@closed.example") == (550, "5.7.1 We have moved"), "the table is in force")
    expect(c.rcpt("nobody@old.example")[0] == 550, "a rewritten address is looked up")
    wait_for(lambda: c.rcpt("x@partner.example")[0] == 250, "everybody may send there")
    expect(c.rcpt("x@elsewhere.example")[0] == 550, "and nowhere else")
    c.send("bob@example.net", ["alice@old.example"], b"Subject: rewritten\r\n\r\ntext\r\n")
    wait_for(lambda: c.maildir("alice"), "the rewritten address's mailbox")
    c.send("bob@example.net", ["stranger@legacy.example"], b"Subject: shared\r\n\r\ntext\r\n")
    wait_for(legacy.taken, "the host that has the others")
    said = explain(c, "stranger@legacy.example", "--peer", "192.0.2.7")
    expect(said["verdict"] == "accepted" and any(s["step"] == "shared name space" for s in said["steps"]), said)
    # A circle of contacts is refused while the client is there, and somebody is told.
    c.imc("dir", "add", "contact", "ping", "--address", "ping@contoso.example", "--target", "pong@contoso.example")
    c.imc("dir", "add", "contact", "pong", "--address", "pong@contoso.example", "--target", "ping@contoso.example")
    wait_for(lambda: c.rcpt("ping@contoso.example")[1].startswith("5.4.6 "), "a circle is refused")
    expect(c.events(40802), "event 40802")


def outbound(c):
    """The connector's own Delivery Restrictions: who may send out, whatever he may send in."""
    own = "cn=Internet Mail Connector (MAIL1),cn=Connections,cn=Configuration,ou=Oslo,o=Contoso" + c.base()
    eve = "cn=eve,cn=Recipients,ou=Oslo,o=Contoso" + c.base()
    c.imc("dir", "add", "mailbox", "eve", "--address", "eve@contoso.example")
    expect(c.rcpt("x@partner.example", "eve@contoso.example")[0] == 250, "nobody is kept in yet")
    c.imc("dir", "modify", own, "--add", f"imcOutboundReject={eve}")
    wait_for(lambda: c.rcpt("x@partner.example", "eve@contoso.example")[0] == 550, "eve's mail does not leave")
    text = c.rcpt("x@partner.example", "eve@contoso.example")[1]
    expect(text.startswith("5.7.1 ") and "imcOutboundReject of" in text, text)
    expect(c.rcpt("carol@contoso.example", "eve@contoso.example")[0] == 550, "nor by a contact")
    expect(c.rcpt("alice@contoso.example", "eve@contoso.example")[0] == 250, "at home she writes to all")
    expect(c.rcpt("x@partner.example")[0] == 250 and c.rcpt("x@partner.example", "")[0] == 250, "others and reports leave")
    expect(c.events(40864), "event 40864")
    said = explain(c, "x@partner.example", "--from", "eve@contoso.example")
    expect(said["reply"] == "550 5.7.1", said)
    c.imc("dir", "modify", own, "--remove", f"imcOutboundReject={eve}")
    wait_for(lambda: c.rcpt("x@partner.example", "eve@contoso.example")[0] == 250, "and now it does")


def connectors(c, hub):
    """route-null-sender-unknown: an empty sender stays empty on the way to a contact, here over another connector."""
    other = "cn=Hub,cn=Connections,cn=Configuration,ou=Oslo,o=Contoso" + c.base()
    server = "cn=HUB,cn=Servers,cn=Configuration,ou=Oslo,o=Contoso" + c.base()
    taken = len(c.events(40113))
    c.imc("dir", "add", server, "objectClass=imcServer")
    c.imc("dir", "add", other, "objectClass=imcConnector", f"imcHomeServer={server}", f"imcConnectorHost=127.0.0.1:{hub.port}",
          "imcAddressSpace=SMTP:*@partner.example;1;organization")
    wait_for(lambda: explain(c, "carol@contoso.example")["next_hop"] == f"SMTP to 127.0.0.1:{hub.port}", "the other connector")
    wait_for(lambda: len(c.events(40113)) > taken, "the service has taken it")
    # From another host than the connector's: mail is not sent back to where it came from.
    with smtplib.SMTP("127.0.0.1", c.port, "client.example.net", PATIENCE, ("127.0.0.9", 0)) as client:
        client.sendmail("", ["carol@contoso.example"], b"Subject: a report\r\n\r\ntext\r\n")
    wait_for(hub.taken, "mail for the contact")
    expect("<>" in hub.taken()[0][0], f"sender {hub.taken()[0][0]!r}, an empty one expected")
    c.imc("dir", "modify", other, "--replace", "imcTransferMode=inbound")
    wait_for(lambda: c.rcpt("carol@contoso.example")[1].startswith("5.4.4 "), "who does not send withdraws")
    expect(c.events(40804), "event 40804")
    lost = [s["lost"] for s in explain(c, "carol@contoso.example")["steps"] if "lost" in s]
    expect(any(text.startswith("withdraws: it does not send") for text in lost), lost)
