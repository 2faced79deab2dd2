"""EXPN tells nobody, or whoever may, who is on a list of the directory: one level, primary addresses; a directory that is silent is no
empty list."""
from kit import *


def expn(c, what):
    with c.smtp() as client:
        client.ehlo("client.example.net")
        offered = client.has_extn("expn")
        code, text = client.docmd("EXPN", what)
        return code, text.decode(), offered


def run(c, slapd):
    for alias in ("alice", "bob"):
        c.imc("dir", "add", "mailbox", alias, "--address", f"{alias}@contoso.example")
    c.imc("dir", "modify", "alice", "--add", "proxyAddresses=smtp:other@contoso.example")
    c.imc("dir", "add", "contact", "carol", "--address", "carol@contoso.example", "--target", "carol@partner.example")
    c.imc("dir", "add", "list", "staff", "--address", "staff@contoso.example", *[w for m in ("alice", "bob", "carol") for w in ("--member", m)])
    c.imc("dir", "add", "list", "board", "--address", "board@contoso.example", "--member", "staff")
    c.start()
    code, text, offered = expn(c, "staff")
    expect(code == 502 and not offered, f"nobody is told by default: {code} {text}")
    c.imc("reg", "add", "-v", "AnswerExpn", "-t", "SZ", "-d", "authenticated", "-f")
    code, text, offered = wait_for(lambda: (a := expn(c, "staff"))[0] != 502 and a, "the value")
    expect(code == 530 and not offered, f"not strangers: {code} {text}")
    c.imc("reg", "add", "-v", "AnswerExpn", "-t", "SZ", "-d", "everybody", "-f")
    code, text, offered = wait_for(lambda: (a := expn(c, "staff"))[0] != 530 and a, "the value")
    expect(code == 250 and offered, f"{code} {text}")
    expect(sorted(re.findall("<(.*?)>", text)) == ["alice@contoso.example", "bob@contoso.example", "carol@contoso.example"], text)
    code, text, _ = expn(c, "<Board@Contoso.Example>")
    expect(code == 250 and re.findall("<(.*?)>", text) == ["staff@contoso.example"], f"one level: {code} {text}")
    for what, expected in (("alice", 550), ("nobody", 550), ("staff@partner.example", 550), ("a b", 501)):
        code, text, _ = expn(c, what)
        expect(code == expected, f"EXPN {what}: {code} {text}, {expected} expected")
    if slapd:
        slapd.stop()
        code, text, _ = expn(c, "staff")
        expect(code == 451 and "4.3.0" in text, f"451 4.3.0 expected, {code} {text} came")
        slapd.start()
        wait_for(lambda: expn(c, "staff")[0] == 250, "the directory")
