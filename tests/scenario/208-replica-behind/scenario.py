"""The provider is gone, and its replica lacks the newest change. What was seen before is not forgotten with a change of the configuration:
who was added since is deferred (451) and never refused (550), and a configuration that the replica has as it was is never taken."""
from kit import *
from kit_slapd import Slapd

PEOPLE = """dn: ou=People,{0}
objectClass: organizationalUnit
ou: People

dn: uid=ann,ou=People,{0}
objectClass: inetOrgPerson
cn: Ann Other
sn: Other
uid: ann
mail: ann@contoso.example
"""
EVE = "dn: uid=eve,ou=People,{0}\nobjectClass: inetOrgPerson\ncn: Eve\nsn: Eve\nuid: eve\nmail: eve@contoso.example\n"


def ldap(slapd, what, text):
    subprocess.run([what, "-x", "-H", slapd.url, "-D", slapd.admin_dn, "-w", slapd.admin_password], input=text, text=True, check=True,
                   capture_output=True)


def set_value(c, name, data, kind="SZ"):
    c.imc("reg", "add", "-v", name, "-t", kind, "-d", data, "-f")


def copy_of(provider, folder):
    """A server with what the provider has now."""
    provider.stop()
    replica = Slapd(folder, moved_from=provider.folder)
    provider.start()
    return replica.start()


def deferred(c, recipient):
    code, text = c.rcpt(recipient)
    expect(code == 451 and "4.3.0" in text, f"451 4.3.0 expected for {recipient}, {code} {text} came")


def people_apart(folder):
    provider = Slapd(folder / "provider").start()
    ldap(provider, "ldapadd", PEOPLE.format(provider.suffix))
    replica = copy_of(provider, folder / "replica")
    c = Connector(folder / "root")
    try:
        c.setup()
        for name, kind, data in (("RecipientSource", "SZ", f"{provider.url} {replica.url}"),
                                 ("RecipientBase", "SZ", "ou=People," + provider.suffix),
                                 ("RecipientFlavour", "SZ", "openldap-inetorg"), ("RecipientCacheSeconds", "DWORD", "600"),
                                 ("RecipientCacheNegativeSeconds", "DWORD", "600")):
            set_value(c, name, data, kind)
        c.start()
        expect(c.rcpt("eve@contoso.example")[0] == 550, "eve is nobody yet, and that is remembered")
        ldap(provider, "ldapadd", EVE.format(provider.suffix))
        # What is remembered ends with a change that was seen, and not before.
        wait_for(lambda: c.rcpt("eve@contoso.example")[0] == 250, "the change to be seen")
        provider.stop()
        wait_for(lambda: c.rcpt("eve@contoso.example")[0] != 250, "the provider to be missed")
        deferred(c, "eve@contoso.example")

        set_value(c, "AnswerVrfy", "on")
        wait_for(lambda: c.events(40113), "another generation")
        for _ in range(3):
            deferred(c, "eve@contoso.example")
        deferred(c, "mallory@contoso.example")
        expect(c.rcpt("ann@contoso.example")[0] == 250, "whom the replica has is taken")

        replica.stop()
        provider.start()
        wait_for(lambda: c.rcpt("eve@contoso.example")[0] == 250, "the provider to be asked again")
        wait_for(lambda: c.rcpt("mallory@contoso.example")[0] == 550, "nobody to be proven absent")
    finally:
        if c.process:
            c.stop()
        provider.stop()
        replica.stop()


def configuration(folder):
    provider = Slapd(folder / "provider").start()
    c = Connector(folder / "root", provider.url)
    password = folder / "ldap-password"
    password.write_text(provider.admin_password + "\n")
    password.chmod(0o600)
    give(password)
    c.setup("--base", provider.suffix, "--bind-dn", provider.admin_dn, "--password-file", str(password))
    replica = copy_of(provider, folder / "replica")
    try:
        set_value(c, "HomeDSA", f"{provider.url} {replica.url}")
        c.start()
        ours = "postmaster@fabrikam.example"
        expect(c.rcpt(ours)[0] == 550, "no domain of ours yet")
        c.imc("dir", "modify", "cn=Site Addressing,cn=Configuration,ou=Oslo,o=Contoso" + c.base(), "--add", "imcSiteDomain=fabrikam.example")
        wait_for(lambda: c.events(40113), "another generation")
        expect(c.rcpt(ours)[0] == 250, "the domain must be ours now")

        provider.stop()
        set_value(c, "AnswerVrfy", "on")
        refused = wait_for(lambda: c.events(40114), "the change to be refused")
        expect("40001" in json.dumps(refused) and "lacks changes" in json.dumps(refused), refused)
        expect(len(c.events(40113)) == 1, "the replica's configuration has become a generation")
        for _ in range(3):
            expect(c.rcpt(ours)[0] != 550, "the domain that the replica does not know is ours all the same")
        with c.smtp() as client:
            client.ehlo("client.example.net")
            expect(client.vrfy("nobody@contoso.example")[0] == 252, "the last good one must stay in force")

        replica.stop()
        provider.start()
        wait_for(lambda: len(c.events(40113)) == 2, "the change to be taken once the provider is back")
        expect(c.rcpt(ours)[0] == 250, "the domain must be ours still")
    finally:
        if c.process:
            c.stop()
        provider.stop()
        replica.stop()


def run(folder):
    for name, part in (("apart", people_apart), ("together", configuration)):
        place = folder / name
        place.mkdir(mode=0o755)
        part(place)
