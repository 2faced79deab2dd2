"""A smart host that wants TLS and a sign-in: our own server at the other end, profiles in the directory, and what happens when
its password, its certificate or its TLS is not what it should be. Nothing of that is ever returned to the sender."""
import shutil

from kit import *
from sinks import Sink

TEXT = b"From: alice@contoso.example\r\nSubject: under tls\r\n\r\nx\r\n"


def authority(folder):
    """ca.crt, and relay.crt for 127.0.0.1 signed by it."""
    folder.mkdir()
    line = ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=An authority' "
            "-addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.crt 2>/dev/null && "
            "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=relay -keyout relay.key -out relay.csr 2>/dev/null && "
            "printf 'subjectAltName=IP:127.0.0.1\\n' > ext && "
            "openssl x509 -req -in relay.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out relay.crt 2>/dev/null")
    subprocess.run(["bash", "-c", line], cwd=folder, check=True)


def hub(folder, pki, sink):
    """Takes mail from who signs in, and sends it on to the sink."""
    h = Connector(folder / "hub")
    h.setup("--smart-host", f"127.0.0.1:{sink.port}", org="Hub", domain="hub.example", server="HUB1")
    h.imc("dir", "add", "mailbox", "contoso", "--address", "contoso@hub.example", "--address", "alice@contoso.example")
    for name in ("relay.crt", "relay.key"):
        shutil.copy(pki / name, h.root / "tls" / name)
        (h.root / "tls" / name).chmod(0o600)
    give(h.root)
    h.submission = free_port()
    h.imc("reg", "add", "-v", "TlsCertificates", "-t", "MULTI_SZ", "-d", "*;relay.crt;relay.key", "-f")
    h.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d",
          f"127.0.0.1:{h.port}\\0127.0.0.1:{h.submission} role=submission tls=required", "-f")
    h.imc("dir", "passwd", "contoso", "--password-file", "-", stdin="hub's secret")
    return h


def password(c, text, mode=0o600):
    file = c.root / "secrets" / "relay.password"
    file.write_text(text + "\n")
    file.chmod(mode)
    give(file)


def last_reply(c):
    return " ".join(json.dumps(row) for row in c.queue())


def run_story(c, h, sink, pki, folder):
    c.setup()
    c.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
    c.imc("dir", "add", "mailbox", "alice", "--address", "alice@contoso.example")
    shutil.copy(pki / "ca.crt", c.root / "tls" / "ca.crt")
    give(c.root)
    c.imc("reg", "add", "-v", "OutboundCAFile", "-t", "SZ", "-d", "ca.crt", "-f")
    for words, said in ((("--tls", "maybe"), "implicit expected"), (("--auth-password-file", "/etc/passwd"), "without a path")):
        done = c.imc("dir", "add", "domain", "example.net", *words, check=False)
        expect(done.returncode == 2 and said in done.stderr, done.stderr)
    c.imc("dir", "add", "domain", "*", "--host", f"127.0.0.1:{h.submission}", "--tls", "verify",
          "--auth-user", "contoso", "--auth-password-file", "relay.password")

    def check(id):
        return [a for a in c.verdict()["assertions"] if a["id"] == id]
    said = check("connector.profiles")
    expect(said[0]["status"] == "failed" and "relay.password" in said[0]["found"], str(said))
    password(c, "wrong", 0o644)
    said = check("connector.profiles")
    expect("0644" in said[0]["found"] and "chmod 600" in said[0]["fix"], str(said))
    c.imc("check", "--fix", check=False)
    expect(check("connector.profiles")[0]["status"] == "passed", str(check("connector.profiles")))

    route = c.imc("explain", "route", "bob@example.net").stdout
    expect("imcTls: verify" in route and "cn=*,cn=E-Mail Domains" in route and "imcNoticeHours: 4  (default)" in route, route)

    # A wrong password: the mail waits, one event, and the password is nowhere.
    c.start()
    c.send("alice@contoso.example", ["bob@example.net"], TEXT)
    c.send("alice@contoso.example", ["carol@example.net"], TEXT)
    wait_for(lambda: c.events(40624), "event 40624")
    wait_for(lambda: "535" in last_reply(c), "a message to wait with what the host said")
    expect(len(c.queue()) == 2, last_reply(c))
    expect(len(c.events(40624)) == 1, "one event per outage")
    expect(not c.maildir("alice"), "a report although it is not the sender's fault")

    password(c, "hub's secret")

    def retried(count):
        c.imc("queue", "retry", "--all", check=False)
        return len(sink.taken()) == count
    wait_for(lambda: retried(2), "both messages at the sink")
    wait_for(lambda: not c.queue(), "an empty queue")
    expect(b"with ESMTPSA" in sink.taken()[0][2], sink.taken()[0][2])
    everything = "".join(f.read_text(errors="replace") for f in (c.root / "log").rglob("*") if f.is_file()) + c.said()
    expect("hub's secret" not in everything, "the password is in a log")
    wait_for(lambda: "127.0.0.1:" in (c.root / "tls-hosts").read_text() if (c.root / "tls-hosts").exists() else False, "tls-hosts")

    # Another authority: the certificate is not what was asked for.
    shutil.copy(pki / "ca.crt", folder / "ca.kept")
    other = folder / "other"
    authority(other)
    shutil.copy(other / "ca.crt", c.root / "tls" / "other.crt")
    give(c.root)
    c.imc("reg", "add", "-v", "OutboundCAFile", "-t", "SZ", "-d", "other.crt", "-f")
    c.stop()
    c.start()
    c.send("alice@contoso.example", ["dave@example.net"], TEXT)
    wait_for(lambda: c.events(40620), "event 40620")
    wait_for(lambda: "4.7.5" in last_reply(c), "the message to wait with 4.7.5")
    expect(not c.maildir("alice"), "a report although the mail only waits")
    c.imc("reg", "add", "-v", "OutboundCAFile", "-t", "SZ", "-d", "ca.crt", "-f")
    c.stop()
    c.start()
    wait_for(lambda: retried(3), "the third message at the sink")


def no_downgrade(c, sink, clear):
    """The same host without TLS, when mail may go as it is offered: it was seen under TLS, so the mail waits."""
    dn = f"cn=*,cn=E-Mail Domains,{c.connector_dn()}"
    c.stop()
    (c.root / "tls-hosts").write_text(f"imc tls-hosts 1\n127.0.0.1:{clear.port}\t{time.strftime('%Y-%m-%d', time.gmtime())}\n")
    give(c.root / "tls-hosts")
    c.imc("dir", "modify", dn, "--replace", "imcTls=may", "--replace", f"imcSmartHost=127.0.0.1:{clear.port}",
          "--remove", "imcAuthUser", "--remove", "imcAuthPasswordFile")
    before = len(c.events(40620))
    c.start()
    c.send("alice@contoso.example", ["erin@example.net"], TEXT)
    wait_for(lambda: len(c.events(40620)) > before, "event 40620 about the host that lost its TLS")
    wait_for(lambda: "4.7.5" in last_reply(c), "the message to wait")
    expect(not clear.taken(), "mail left in the clear")
    c.imc("dir", "modify", dn, "--replace", "imcTls=none")
    wait_for(lambda: "imcTls: none" in c.imc("explain", "route", "erin@example.net").stdout, "the new profile")

    def taken():
        c.imc("queue", "retry", "--all", check=False)
        return clear.taken()
    wait_for(taken, "the message, now that the profile says so")


def run(folder):
    pki = folder / "pki"
    authority(pki)
    sink, clear = Sink(), Sink()
    h = hub(folder, pki, sink)
    c = Connector(folder / "root")
    try:
        h.start()
        run_story(c, h, sink, pki, folder)
        no_downgrade(c, sink, clear)
    finally:
        c.stop()
        h.stop()
        sink.stop()
        clear.stop()

