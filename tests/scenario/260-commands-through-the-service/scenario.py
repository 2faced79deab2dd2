"""While the service runs, imc reg, imc dir and imc config send their changes to it: it makes them, takes them and writes the audit log; what it refuses is
said, and done only with --direct, as when it hangs. Without a service the command does the same itself. One person is one spelling in the audit log."""
import http.client

from kit import *

SITE = "/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1"


def audit(c):
    """Oldest first."""
    out = []
    for path in sorted((c.root / "log" / "audit").glob("*.log")):
        out += [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
    return out


def newest(c, action, way):
    line = audit(c)[-1]
    expect(line["action"] == action and line["from"] == way, f"{action} from {way} expected: {line}")
    return line


def post(c, path, body):
    connection = http.client.HTTPConnection("imc", timeout=PATIENCE)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(PATIENCE)
    connection.sock.connect(str(c.root / "run" / "admin.sock"))
    connection.request("POST", "/api/v1" + path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read().decode()
    expect(answer.status == 200, f"{path}: {answer.status} {text}")
    return json.loads(text)


def hops(c, number, *more, check=True):
    return c.imc("reg", "add", "-v", "MaxHops", "-t", "DWORD", "-d", number, "-f", *more, check=check)


def stored(c):
    return re.search(r'"MaxHops"=dword:([0-9a-f]+)', (c.root / "registry.reg").read_text())


def taken(c):
    """What is stored is what runs."""
    wait_for(lambda: "Nothing differs" in c.imc("config", "diff").stdout, "the service to take the change")


def newest_generation(c):
    return json.loads(c.imc("config", "history", "--json").stdout.splitlines()[-1])


def last_line(said):
    line = said.stdout.strip().splitlines()[-1]
    expect(line.startswith("Undo: "), said.stdout)
    return line[len("Undo: "):]


def through_the_service(c, slapd):
    old = newest_generation(c)["number"]
    undo = last_line(hops(c, 30))
    line = newest(c, "registry.put", "control socket")
    expect(undo.startswith("imc reg restore registry-") and line["after"] == {"type": "DWORD", "data": "30"} and line["undo"], line)
    wait_for(lambda: newest_generation(c)["number"] > old, "the service to take the value")
    record = newest_generation(c)
    expect(record["by"] and record["by"][0]["command"].startswith("imc reg add"), record)
    taken(c)
    c.shell(undo)
    newest(c, "registry.restore", "control socket")
    expect(stored(c) is None, "the undo brings the registry back")

    said = c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    expect(said.stdout.startswith("added    cn=alice,cn=Recipients,"), said.stdout)
    line = newest(c, "directory.add", "control socket")
    expect(line["undo"] == last_line(said), line)
    wait_for(lambda: c.rcpt("alice@contoso.example")[0] == 250, "mail for the new mailbox to be taken")
    if slapd is None:  # an LDAP server keeps its own
        c.imc("dir", "passwd", "alice", "--password-file", "-", stdin="a quiet pencil")
        line = newest(c, "directory.password", "control socket")
        expect(line["after"] == {"userPassword": ["(hidden)"]}, line)

    said = c.imc("config", "apply", "-", stdin="[connector]\nimcMaxMessageKB = 11\n")
    expect("Check: a start would pass" in said.stdout and "the service takes it" in said.stdout, said.stdout)
    newest(c, "config.apply", "control socket")
    taken(c)
    with c.smtp() as client:
        client.ehlo("client.example.net")
        expect(client.esmtp_features.get("size") == "11264", "the limit that was applied in EHLO")
    before = len(audit(c))
    planned = c.imc("config", "plan", "-", stdin="[connector]\nimcTransferMode = sideways\n", check=False)
    expect(planned.returncode == 3 and "connector.value.imcTransferMode" in planned.stderr and "sideways" in planned.stdout, planned.stdout + planned.stderr)
    expect(len(audit(c)) == before, "what is only looked at is no change")
    return line["who"]


def refused(c):
    taken(c)
    post(c, "/config/apply", {"changes": {"registry/MaxHops": 40}, "keep_seconds": 600})
    said = hops(c, 41, check=False)
    expect(said.returncode == 1 and "41054" in said.stderr and "imc config keep" in said.stderr, said.stdout + said.stderr)
    expect(stored(c).group(1) == "00000028", "what is refused is not done beside the service")
    c.imc("config", "keep")
    hops(c, 41)
    expect(stored(c).group(1) == "00000029", "kept, and so free again")


def hangs(c):
    c.process.send_signal(signal.SIGSTOP)
    try:
        hops(c, 42, "--direct")
        newest(c, "registry.put", "command line")
    finally:
        c.process.send_signal(signal.SIGCONT)
    taken(c)


def held(c):
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", SITE.replace("Contoso", "Contosa"), "-f")
    newest(c, "registry.put", "command line")
    c.start("--hold", wait=False)
    wait_for(lambda: c.state().get("state") == "held", "to be held")
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", SITE, "-f")
    newest(c, "registry.put", "control socket")
    c.wait_ready()
    c.stop()


def mended(c):
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", SITE.replace("Oslo", "oslo"), "-f")
    undo = last_line(c.imc("check", "--fix"))
    about, done = [line for line in audit(c) if line["action"] == "check.fix"], audit(c)[-1]
    expect(about and any("oslo" in found for found in about[0]["before"].values()), about)
    expect(done["action"] == "check.fixed" and done["undo"] == undo and done["from"] == "command line", done)


def run(c, slapd):
    first = audit(c)[0]
    expect(first["action"] == "setup" and first["from"] == "command line" and first["after"]["domain"] == "contoso.example", first)
    c.start()
    who = through_the_service(c, slapd)
    refused(c)
    hangs(c)
    c.stop()
    undo = last_line(hops(c, 43))
    line = newest(c, "registry.put", "command line")
    expect(line["undo"] == undo, line)
    held(c)
    mended(c)
    me = f"{pwd.getpwuid(os.geteuid()).pw_name} (uid {os.geteuid()})"  # post() is not imc's user when this is root
    expect({line["who"] for line in audit(c)} <= {who, me}, f"one person is one spelling: {sorted({line['who'] for line in audit(c)})}")
    expect(re.fullmatch(r"(\S+ \(uid \d+\)|uid \d+)", who), who)
