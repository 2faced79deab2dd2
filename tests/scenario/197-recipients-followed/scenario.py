"""People on an OpenLDAP server are read beforehand (RecipientCachePreload) and followed (syncrepl): who is there is taken without a question,
a change counts for whom it concerns and nobody else, and when the connection dies nothing that was remembered is believed."""
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
mail: a.other@contoso.example

dn: uid=bob,ou=People,{0}
objectClass: inetOrgPerson
cn: Bob
sn: Bob
uid: bob
mail: bob@contoso.example
"""
EVE = "dn: uid=eve,{0}\nobjectClass: inetOrgPerson\ncn: Eve\nsn: Eve\nuid: eve\nmail: eve@contoso.example\n"


def ldap(slapd, what, text):
    subprocess.run([what, "-x", "-H", slapd.url, "-D", slapd.admin_dn, "-w", slapd.admin_password], input=text, text=True, check=True,
                   capture_output=True)


def asked(c):
    """How many look-ups the directory was asked for."""
    counted = re.search(r"^recipient_cache_misses +([0-9]+)", c.imc("stat").stdout, re.M)
    return int(counted.group(1)) if counted else 0


def run(folder):
    slapd = Slapd(folder / "slapd", schema=False).start()
    ldap(slapd, "ldapadd", PEOPLE.format(slapd.suffix))
    c = Connector(folder / "root")
    try:
        c.setup()
        story(c, slapd, "ou=People," + slapd.suffix)
    finally:
        if c.process:
            c.stop()
        slapd.stop()


def story(c, slapd, people):
    for name, kind, data in (("RecipientSource", "SZ", slapd.url), ("RecipientBase", "SZ", people),
                             ("RecipientFlavour", "SZ", "openldap-inetorg"), ("RecipientCacheSeconds", "DWORD", "600"),
                             ("RecipientCacheNegativeSeconds", "DWORD", "600"), ("RecipientCachePreload", "DWORD", "1")):
        c.imc("reg", "add", "-v", name, "-t", kind, "-d", data, "-f")
    c.start()
    wait_for(lambda: c.events(40890), "the directory to tell of changes")
    loaded = wait_for(lambda: c.events(40892), "everybody to be read")
    expect("2 recipients" in json.dumps(loaded[-1]), loaded)

    before = asked(c)
    for recipient in ("ann@contoso.example", "a.other@contoso.example", "bob@contoso.example"):
        expect(c.rcpt(recipient)[0] == 250, f"{recipient} must be taken")
    expect(asked(c) == before, "the directory was asked for somebody who had been read beforehand")

    expect(c.rcpt("eve@contoso.example")[0] == 550, "eve is nobody yet")
    ldap(slapd, "ldapadd", EVE.format(people))
    wait_for(lambda: c.rcpt("eve@contoso.example")[0] == 250, "eve to be known")
    ldap(slapd, "ldapmodify", f"dn: uid=bob,{people}\nchangetype: delete\n")
    wait_for(lambda: c.rcpt("bob@contoso.example")[0] == 550, "bob to be gone")
    before = asked(c)
    expect(c.rcpt("ann@contoso.example")[0] == 250, "ann must be taken")
    expect(asked(c) == before, "the directory was asked for ann, whom no change concerned")

    # The connection dies; what changes until it is there again is told by nobody.
    slapd.stop()
    wait_for(lambda: c.events(40891), "the end of the connection to be told")
    for recipient in ("ann@contoso.example", "bob@contoso.example"):
        code, text = c.rcpt(recipient)
        expect(code == 451 and "4.3.0" in text, f"451 4.3.0 expected for {recipient}, {code} {text} came")
    slapd.start()
    ldap(slapd, "ldapmodify", f"dn: uid=ann,{people}\nchangetype: delete\n")

    def ann_is_gone():
        code, text = c.rcpt("ann@contoso.example")
        expect(code != 250, "ann was deleted, and is believed to be there")
        return code == 550
    wait_for(ann_is_gone, "ann to be gone")
    wait_for(lambda: len(c.events(40890)) > 1, "the directory to tell of changes again")
    expect(c.rcpt("eve@contoso.example")[0] == 250, "eve must be taken")
