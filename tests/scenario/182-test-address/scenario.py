"""imc test address tells of each address whether envelope and header take it, its parts, and where the flaw is."""
from kit import *


def run(folder):
    c = Connector(folder / "root")
    c.root.mkdir()
    give(c.root)
    done = c.imc("test", "address", "ann+news@B\u00fccher.Example")
    for line in ("  envelope    yes", "  header      yes", "  subaddress  news of ann", "  in ASCII    xn--bcher-kva.example", "  needs       SMTPUTF8",
                 "  canonical   ann+news@xn--bcher-kva.example"):
        expect(line in done.stdout.splitlines(), done.stdout)
    done = c.imc("test", "address", "ann..lee@example.org", check=False)
    expect(done.returncode == 1 and done.stdout.splitlines()[:3] == ["ann..lee@example.org", "    ^", "  envelope    no, at 4: two dots in the local part"], done.stdout)
    done = c.imc("test", "address", "--json", "-", stdin="ann@example.org\nAnn <ann@example.org>\r\nann@[192.0.2.1]\n", check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    expect(done.returncode == 1 and len(rows) == 3, done.stdout)
    expect([(r["envelope"]["valid"], r["header"]["valid"], r["literal"]) for r in rows] == [(True, True, False), (False, True, False), (True, True, True)], rows)
    expect(rows[1]["display_name"] == "Ann" and rows[1]["envelope"]["at"] == 0, rows[1])
    expect(c.imc("test", "address", check=False).returncode == 2, "wrong usage")
    expect(c.imc("test", check=False).returncode == 2, "wrong usage")
