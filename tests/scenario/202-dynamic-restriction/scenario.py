"""A list whose members a search finds stands for them in authOrig; and of two objects of one alias neither gets mail into the folder that both
would read."""
from kit import *


def run(c, slapd):
    for alias in ("alice", "bob", "boss", "carl"):
        c.imc("dir", "add", "mailbox", alias, "--address", f"{alias}@contoso.example")
    recipients = "cn=Recipients,ou=Oslo,o=Contoso" + c.base()
    c.imc("dir", "add", f"cn=b-people,{recipients}", "objectClass=imcList", "mailNickname=b-people",
          "proxyAddresses=SMTP:b-people@contoso.example", f"imcMemberURL=ldap:///{recipients}??sub?(mailNickname=bo*)")
    c.imc("dir", "modify", "boss", "--add", f"authOrig=cn=b-people,{recipients}")
    twin = f"cn=twin,{recipients}"
    c.imc("dir", "add", twin, "objectClass=imcMailbox", "mailNickname=carl", "proxyAddresses=SMTP:twin@contoso.example")
    c.start()
    expect(c.rcpt("boss@contoso.example", "bob@contoso.example")[0] == 250, "bob is found by the list's search")
    code, text = c.rcpt("boss@contoso.example", "alice@contoso.example")
    expect(code == 550 and "authOrig" in text, f"550 for alice expected, {code} {text} came")

    for address in ("carl@contoso.example", "twin@contoso.example"):
        code, text = c.rcpt(address)
        expect(code == 451 and "4.2.0" in text, f"451 4.2.0 expected for {address}, {code} {text} came")
    told = json.dumps(c.events(40903))
    expect(twin in told, f"event 40903 names both: {told}")
    c.imc("dir", "modify", twin, "--replace", "mailNickname=twin")
    wait_for(lambda: c.rcpt("carl@contoso.example")[0] == 250 and c.rcpt("twin@contoso.example")[0] == 250, "a folder for each")
