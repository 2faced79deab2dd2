"""The connector of another site draws what its address space is the closest for, over the way that a site connector names; what it keeps to its
own site stays there, and explain says why each lost."""
from kit import *
from sinks import Sink


def explain(c, address):
    return json.loads(c.imc("explain", "rcpt", address, "--json", "--no-dns", check=False).stdout)


def lost(c, address, connector):
    return [s.get("lost", "") for s in explain(c, address)["steps"] if s["step"] == "address space" and s.get("connector") == connector]


def number(c):
    return json.loads(c.imc("config", "history", "--json").stdout.splitlines()[-1])["number"]


def organization(c, hub):
    bergen = "ou=Bergen,o=Contoso" + c.base()
    configuration = "cn=Configuration," + bergen
    server = "cn=HUB,cn=Servers," + configuration
    c.imc("dir", "add", bergen, "objectClass=organizationalUnit")
    for container in (configuration, "cn=Servers," + configuration, "cn=Connections," + configuration):
        c.imc("dir", "add", container, "objectClass=imcContainer")
    c.imc("dir", "add", server, "objectClass=imcServer", f"imcConnectorHost=127.0.0.1:{hub.port}")
    c.imc("dir", "add", "cn=Hub,cn=Connections," + configuration, "objectClass=imcConnector", f"imcHomeServer={server}",
          "imcAddressSpace=SMTP:*@partner.example;1;organization", "imcAddressSpace=SMTP:*@local.example;1;site")
    c.imc("dir", "add", "cn=To Bergen,cn=Connections,cn=Configuration,ou=Oslo,o=Contoso" + c.base(), "objectClass=imcSiteConnector",
          f"imcTargetSite={bergen}", "imcSiteCost=9")
    # Last, and seen by diff: a generation that has this has all of it.
    c.imc("dir", "modify", c.connector_dn(), "--add", "imcAddressSpace=SMTP:*;50;organization")


def run(c, slapd):
    hub = Sink()
    c.imc("dir", "add", "contact", "carol", "--address", "carol@contoso.example", "--target", "carol@partner.example")
    c.start()
    try:
        before = number(c)
        organization(c, hub)
        wait_for(lambda: number(c) > before and "Nothing differs" in c.imc("config", "diff").stdout, "the change to be taken")
        said = explain(c, "carol@contoso.example")
        expect(said["next_hop"] == f"SMTP to 127.0.0.1:{hub.port}", said)
        text = c.imc("explain", "rcpt", "carol@contoso.example", "--no-dns").stdout
        expect('of site Bergen' in text and '9 for the way, "To Bergen"' in text, text)
        expect(lost(c, "x@local.example", "Hub") == ["its row is for its own site only"], lost(c, "x@local.example", "Hub"))
        # From another host than the hub's: mail is not sent back to where it came from.
        with smtplib.SMTP("127.0.0.1", c.port, "client.example.net", PATIENCE, ("127.0.0.9", 0)) as client:
            client.sendmail("bob@example.net", ["carol@contoso.example"], b"Subject: to another site\r\n\r\ntext\r\n")
        wait_for(hub.taken, "the mail at the other site")
    finally:
        c.stop()
        hub.stop()
