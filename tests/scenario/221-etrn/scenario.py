"""Two connectors. A holds the mail for B's domain; B comes up, opens its link and asks for it by ETRN; it comes over a new connection of A.
Who may not ask is not shown ETRN and hears 459 or 502; DisableETRN switches it off."""
import smtplib

from kit import *


def etrn(c, node):
    with smtplib.SMTP("127.0.0.1", c.port, timeout=20) as client:
        client.ehlo("branch.example")
        return client.has_extn("etrn"), client.docmd("ETRN", node)


def run(folder):
    a, b = Connector(folder / "a"), Connector(folder / "b")
    b.setup(org="Branch", site="Bergen", server="MAIL2", domain="branch.example")
    a.setup()
    a.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    a.imc("dir", "add", "domain", "branch.example", "--host", f"127.0.0.1:{b.port}")
    profile = f"cn=branch.example,cn=E-Mail Domains,{a.connector_dn()}"
    a.imc("dir", "modify", profile, "--replace", "imcHoldForEtrn=TRUE", "--replace", "imcEtrnFrom=192.0.2.0/24")
    b.imc("dir", "modify", "cn=Internet Mail Connector (MAIL2),cn=Connections,cn=Configuration,ou=Bergen,o=Branch" + b.base(), "--replace", f"imcEtrn=127.0.0.1:{a.port};branch.example,other.example",
          "--replace", "imcSchedule=on-demand")
    a.start()
    try:
        a.send("ann@example.net", ["administrator@branch.example"], b"Subject: held\r\n\r\nx\r\n")
        row = wait_for(lambda: a.queue() and a.queue()[0]["recipients"][0], "the message to wait")
        expect(row["reason"] == "waiting_for_etrn", str(row))

        # Not for this client: nothing is shown, nothing is said.
        shown, answer = etrn(a, "branch.example")
        expect(not shown and answer[0] == 502, f"{shown} {answer}")
        a.imc("dir", "modify", profile, "--replace", "imcEtrnFrom=127.0.0.0/8")
        wait_for(lambda: etrn(a, "example.org")[0], "ETRN to be offered")
        expect(etrn(a, "example.org")[1][0] == 459, "a domain that is not held")
        expect(etrn(a, "#queue")[1][0] == 459, "a queue by name")

        # DisableETRN: as if there were none.
        a.imc("reg", "add", "-v", "DisableETRN", "-t", "DWORD", "-d", "1", "-f")
        wait_for(lambda: not etrn(a, "example.org")[0], "ETRN to be switched off")
        expect(etrn(a, "branch.example")[1][0] == 502, "502")
        a.imc("reg", "delete", "-v", "DisableETRN", "-f")
        wait_for(lambda: etrn(a, "example.org")[0], "ETRN to be offered again")
        expect(a.queue()[0]["recipients"][0]["attempts"] == 0, "nothing may have been tried")

        # B comes up and asks.
        b.start()
        plan = b.imc("link", "etrn", "--dry-run").stdout
        expect(plan.splitlines() == [f"127.0.0.1:{a.port}  ETRN branch.example", f"127.0.0.1:{a.port}  ETRN other.example"], plan)
        expect(not b.maildir("administrator"), "a dry run asks nobody")
        b.imc("link", "open", "--for", "30")
        wait_for(lambda: len(b.maildir("administrator")) == 1, "the mail that was held")
        wait_for(lambda: not a.queue(), "an empty queue at A")
        expect(a.events(40665)[0]["fields"]["waiting"] == "1", str(a.events(40665)))
        wait_for(lambda: b.events(40663), "the refusal of the other domain")
        said = b.events(40663)[0]["fields"]
        expect(said["node"] == "other.example" and said["detail"].startswith("459"), str(said))

        # Asked again nothing waits, and the refusal is not said twice.
        again = [json.loads(line) for line in b.imc("link", "etrn", "--json").stdout.splitlines()]
        expect([r["outcome"] for r in again] == ["nothing", "not-allowed"], str(again))
        expect(len(b.events(40663)) == 1, "once per outage")

        # A host that is gone is named once.
        a.stop()
        for _ in range(2):
            gone = json.loads(b.imc("link", "etrn", "--json").stdout.splitlines()[0])
            expect(gone["outcome"] == "failed" and "refused" in gone["reply"].lower(), str(gone))
        expect(len(b.events(40664)) == 1, "once per outage")
    finally:
        a.stop()
        b.stop()
