"""A directory that cannot be asked defers (451 4.3.0) and never refuses; it goes on by itself when the directory is back."""
from kit import *
from kit_slapd import Slapd


def rcpt(c, recipient):
    with c.smtp() as client:
        client.ehlo("client.example.net")
        client.mail("bob@example.net")
        return client.rcpt(recipient)


def run(folder):
    slapd = Slapd(folder / "slapd").start()
    password = folder / "password"
    password.write_text(slapd.admin_password + "\n")
    password.chmod(0o600)
    give(password)
    c = Connector(folder / "root", slapd.url)
    try:
        c.setup("--base", slapd.suffix, "--bind-dn", slapd.admin_dn, "--password-file", str(password))
        c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
        c.start()
        expect(rcpt(c, "alice@contoso.example")[0] == 250, "alice must be taken")
        expect(rcpt(c, "nobody@contoso.example")[0] == 550, "nobody must be refused")
        # One address on two objects, as after a replication: which was meant cannot be known (Q251152).
        twin = f"dn: cn=twin,cn=Recipients,ou=Oslo,o=Contoso,{slapd.suffix}\nobjectClass: imcMailbox\ncn: twin\nmailNickname: twin\n" \
               "proxyAddresses: SMTP:alice@contoso.example\n"
        subprocess.run(["ldapadd", "-x", "-H", slapd.url, "-D", slapd.admin_dn, "-w", slapd.admin_password], input=twin, text=True,
                       check=True, capture_output=True)
        code, text = rcpt(c, "alice@contoso.example")
        expect(code == 451 and b"4.1.4" in text, f"451 4.1.4 expected, {code} {text} came")
        told = c.events(10000)[0]["description"]
        expect("cn=twin," in told and "cn=alice," in told, f"event 10000 must name both objects: {told}")
        subprocess.run(["ldapdelete", "-x", "-H", slapd.url, "-D", slapd.admin_dn, "-w", slapd.admin_password,
                        f"cn=twin,cn=Recipients,ou=Oslo,o=Contoso,{slapd.suffix}"], check=True, capture_output=True)
        slapd.stop()
        for recipient in ("alice@contoso.example", "nobody@contoso.example"):
            code, text = rcpt(c, recipient)
            expect(code == 451 and b"4.3.0" in text, f"451 4.3.0 expected, {code} {text} came")
        wait_for(lambda: c.events(40001), "event 40001")
        expect(len(c.events(40001)) == 1, "an outage is one event, not one per recipient")
        slapd.start()
        wait_for(lambda: rcpt(c, "alice@contoso.example")[0] == 250, "look-ups to go on")
        expect(rcpt(c, "nobody@contoso.example")[0] == 550, "nobody must be refused again")
    finally:
        if c.process:
            c.stop()
        slapd.stop()
