"""People and configuration live apart: the tree of the organization in the embedded directory, people as inetOrgPerson on an OpenLDAP
server that knows nothing of our schema (RecipientSource). Mail reaches them, strangers are unknown (550), a server that is silent
defers (451), an account signs in by bind; each thing that is wrong is named with what mends it."""
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
userPassword: pencil

dn: uid=bob,ou=People,{0}
objectClass: inetOrgPerson
cn: Bob
sn: Bob
uid: bob
employeeType: left
mail: bob@contoso.example
"""


def ldap(slapd, what, text):
    subprocess.run([what, "-x", "-H", slapd.url, "-D", slapd.admin_dn, "-w", slapd.admin_password], input=text, text=True, check=True,
                   capture_output=True)


def found(c, name):
    return next(a for a in c.verdict()["assertions"] if a["id"] == name)


def set_value(c, name, data, kind="SZ"):
    c.imc("reg", "add", "-v", name, "-t", kind, "-d", data, "-f")


def judged(c, name, status, *words):
    a = found(c, name)
    expect(a["status"] == status and all(w in json.dumps(a) for w in words), f"{name}: {status} with {words} expected:\n{a}")
    return a


def wrong_settings(c, slapd, people):
    """Each flaw is named; where there is only one way to mend it, --fix does."""
    set_value(c, "RecipientSource", "http://ldap.contoso.example")
    judged(c, "registry.value.RecipientSource", "failed", "ldap://")
    set_value(c, "RecipientSource", slapd.url)
    judged(c, "people.reachable", "passed")

    set_value(c, "RecipientBase", "ou=Persons,dc=example,dc=org")
    a = judged(c, "people.reachable", "failed", "RecipientBase", "40820")
    expect(slapd.suffix in a["fix"], a)
    # The base is mended, and then what shows behind it.
    c.imc("check", "--fix")
    judged(c, "people.reachable", "passed")
    judged(c, "people.addresses", "passed")
    set_value(c, "RecipientBase", people)

    c.imc("reg", "delete", "-v", "RecipientFlavour", "-f")
    a = judged(c, "people.addresses", "failed", "nobody has an address", "40820")
    expect("openldap-inetorg" in a["fix"], a)
    expect("people.addresses" in c.refused(), "a start must be refused when nobody has an address")
    expect(c.events(40820), "the refusal must be event 40820")
    c.imc("check", "--fix")
    judged(c, "people.addresses", "passed")

    set_value(c, "RecipientAttributes", "nickname=uid", "MULTI_SZ")
    judged(c, "registry.value.RecipientAttributes", "failed", "nickname")
    c.imc("reg", "delete", "-v", "RecipientAttributes", "-f")
    set_value(c, "RecipientFilter", "(employeeType=left")
    judged(c, "registry.value.RecipientFilter", "failed")
    set_value(c, "RecipientFilter", "(!(employeeType=left))")

    password = c.root / "secrets" / "people"
    password.write_text("wrong\n")
    password.chmod(0o600)
    give(password)
    set_value(c, "RecipientBindDN", slapd.admin_dn)
    set_value(c, "RecipientPasswordFile", "people")
    judged(c, "people.reachable", "failed", "RecipientBindDN", "40820")
    password.write_text(slapd.admin_password + "\n")
    password.chmod(0o644)
    judged(c, "people.reachable", "failed", "chmod 600")
    password.chmod(0o600)
    judged(c, "people.reachable", "passed")
    # It works, and is slow: the server's own configuration says so.
    a = judged(c, "directory.indexes", "warning", "40822", "mail", "uid")
    expect(a["fix"].endswith(" | ldapmodify -Y EXTERNAL -H ldapi:///"), a)
    text = subprocess.run(["bash", "-c", a["fix"].split(" | ")[0]], capture_output=True, text=True, check=True).stdout
    ldap(slapd, "ldapmodify", text)
    judged(c, "directory.indexes", "passed")


def sign_in(c, port, user, password):
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.net", timeout=PATIENCE) as client:
        client.ehlo("client.example.net")
        try:
            client.login(user, password)
        except smtplib.SMTPAuthenticationError as refused:
            return refused.smtp_code
        client.sendmail(f"{user}@contoso.example", ["ann@contoso.example"],
                        f"From: {user}@contoso.example\r\nSubject: signed in\r\n\r\nx\r\n".encode())
        return 235


def run(folder):
    slapd = Slapd(folder / "slapd", schema=False).start()
    people = "ou=People," + slapd.suffix
    ldap(slapd, "ldapadd", PEOPLE.format(slapd.suffix))
    c = Connector(folder / "root")
    try:
        c.setup()
        wrong_settings(c, slapd, people)
        story(c, slapd, people)
    finally:
        if c.process:
            c.stop()
        slapd.stop()


def story(c, slapd, people):
    # As the connector sees them: under our names, without those whom the filter leaves out.
    seen = c.imc("dir", "search", "--people", "(objectClass=imcMailbox)").stdout
    expect("SMTP:ann@contoso.example" in seen and "mailNickname: ann" in seen and "uid=bob" not in seen, seen)
    expect("uid=ann" in c.imc("dir", "ls", "--people").stdout, "ann must be among people")
    expect("ann" in c.imc("dir", "show", "--people", "a.other@contoso.example").stdout, "an address names a person")

    port = free_port()
    set_value(c, "Listeners", f"127.0.0.1:{c.port}\\0127.0.0.1:{port} role=submission tls=optional plain-auth", "MULTI_SZ")
    set_value(c, "AuthBackoff", "10", "DWORD")
    c.start()
    expect(c.rcpt("ann@contoso.example")[0] == 250, "ann must be taken")
    expect(c.rcpt("a.other@contoso.example")[0] == 250, "ann's other address must be taken")
    expect(c.rcpt("administrator@contoso.example")[0] == 250, "the administrator beside the configuration must be reached")
    for stranger in ("nobody@contoso.example", "bob@contoso.example"):
        code, text = c.rcpt(stranger)
        expect(code == 550 and "5.1.1" in text, f"550 5.1.1 expected for {stranger}, {code} {text} came")
    c.send("bob@example.net", ["ann@contoso.example"], b"Subject: hello\r\n\r\nx\r\n")
    wait_for(lambda: len(c.maildir("ann")) == 1, "mail in ann's Maildir")
    # The administrator mailbox of setup is beside the configuration.
    c.send("bob@example.net", ["postmaster@contoso.example"], b"Subject: hello\r\n\r\nx\r\n")
    wait_for(lambda: len(c.maildir("administrator")) == 1, "postmaster's mail")

    # By bind: the server alone knows what the password is.
    expect(sign_in(c, port, "ann", "pencil") == 235, "ann must sign in")
    wait_for(lambda: len(c.maildir("ann")) == 2, "what ann sent to herself")
    expect(sign_in(c, port, "ann", "pencils") == 535, "a wrong password must not do")
    expect(sign_in(c, port, "administrator", "pencil") == 535, "nobody beside the configuration signs in")

    # The administrator may be one of the people.
    c.imc("dir", "modify", c.connector_dn(), "--replace", f"imcAdministratorMailbox=uid=ann,{people}")
    judged(c, "connector.administrator", "passed")
    def postmaster_is_ann():
        c.send("bob@example.net", ["postmaster@contoso.example"], b"Subject: postmaster\r\n\r\nx\r\n")
        return len(c.maildir("ann")) > 2
    wait_for(postmaster_is_ann, "postmaster's mail in ann's Maildir")

    # Silence is never "no such user".
    slapd.stop()
    for recipient in ("ann@contoso.example", "nobody@contoso.example", "postmaster@contoso.example"):
        code, text = c.rcpt(recipient)
        expect(code == 451 and "4.3.0" in text, f"451 4.3.0 expected for {recipient}, {code} {text} came")
    slapd.start()
    wait_for(lambda: c.rcpt("ann@contoso.example")[0] == 250, "look-ups to go on")

    # Remembered answers: a change ends them, an outage is bridged for those who were found.
    for name in ("RecipientCacheSeconds", "RecipientCacheNegativeSeconds", "RecipientCacheStaleSeconds"):
        set_value(c, name, "600", "DWORD")
    wait_for(lambda: c.rcpt("ann@contoso.example")[0] == 250 and cached(c) > 0, "an answer from the cache")
    expect(c.rcpt("eve@contoso.example")[0] == 550, "eve is nobody yet")
    ldap(slapd, "ldapadd", f"dn: uid=eve,{people}\nobjectClass: inetOrgPerson\ncn: Eve\nsn: Eve\nuid: eve\nmail: eve@contoso.example\n")
    wait_for(lambda: c.rcpt("eve@contoso.example")[0] == 250, "eve to be known")
    expect(c.rcpt("ann@contoso.example")[0] == 250, "ann must be remembered anew")
    slapd.stop()
    wait_for(lambda: c.rcpt("ann@contoso.example")[0] == 250 and c.events(40821), "ann to be taken while the server is silent, and 40821")
    code, text = c.rcpt("nobody@contoso.example")
    expect(code == 451 and "4.3.0" in text, f"451 4.3.0 expected, {code} {text} came")
    expect(len(c.events(40821)) == 1, "an outage is said once")
    c.stop()

    # A start without people is refused, or goes on and defers.
    said = c.refused()
    expect("people.reachable" in said and "40001" in said, said)
    set_value(c, "StartWithoutDirectory", "last-good")
    c.start()
    for recipient in ("ann@contoso.example", "postmaster@contoso.example"):
        code, text = c.rcpt(recipient)
        expect(code == 451 and "4.3.0" in text, f"451 4.3.0 expected for {recipient}, {code} {text} came")
    slapd.start()
    wait_for(lambda: c.rcpt("ann@contoso.example")[0] == 250, "ann to be taken when the server is back")


def cached(c):
    counted = re.search(r"^recipient_cache_hits +([0-9]+)", c.imc("stat").stdout, re.M)
    return int(counted.group(1)) if counted else 0
