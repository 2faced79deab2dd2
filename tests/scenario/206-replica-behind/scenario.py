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


def run(folder):
    (folder / "apart").mkdir(mode=0o755)
    people_apart(folder / "apart")
