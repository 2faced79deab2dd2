"""sendmail(1), called as cron, PHP, mailx and swaks call it: mail arrives once, whether the service runs or is started later."""
import email
import email.policy

from kit import *

DOMAIN = "contoso.example"
ADMINISTRATOR = f"administrator@{DOMAIN}"
ARRIVED = []  # maildir files seen


def sendmail(c, *words, text="", name="sendmail", root=False):
    """The link's exit status and outputs. As root when cron would be."""
    command = [str(c.root.parent / "libexec" / name), *words]
    return subprocess.run(command if root else unprivileged(command), env=c.env, input=text.encode(), capture_output=True, timeout=PATIENCE, cwd="/")


def sent(c, *words, **how):
    done = sendmail(c, *words, **how)
    expect(done.returncode == 0, f"sendmail {words} ended with {done.returncode}: {done.stderr}")
    return done.stdout.decode()


def arrivals(c, count):
    """The next messages of the administrator, in any order."""
    def fresh():
        files = [p for p in c.maildir("administrator") if p not in ARRIVED]
        return files if len(files) >= count else None
    files = wait_for(fresh, f"{count} messages")
    expect(len(files) == count, f"{len(files)} messages came, {count} were sent")
    ARRIVED.extend(files)
    return [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in files]


def cron(c):
    """What cron writes to its pipe, and how it calls; it runs as root."""
    sent(c, "-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root", root=True, text=f"""From: root (Cron Daemon)
To: {ADMINISTRATOR}
Subject: Cron <root@host> nightly
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
X-Cron-Env: <SHELL=/bin/sh>

line
.
end
""")
    message = arrivals(c, 1)[0]
    expect(message["From"].addresses[0].addr_spec == f"root@{DOMAIN}", message["From"])
    expect(message["Return-Path"] == f"<root@{DOMAIN}>", message["Return-Path"])
    expect(message["Date"] and message["Message-ID"].endswith("@mail1.contoso.example>"), message.as_string())
    expect(message.get_content().splitlines() == ["line", ".", "end"], message.get_content())


def php(c):
    """mail() gives its headers with CRLF or LF, as its caller did; a form's X-Receiver line adds nobody."""
    sent(c, "-t", "-i", text=f"To: Administrator <{ADMINISTRATOR}>\nSubject: form\nFrom: web@{DOMAIN}\r\nBcc: {ADMINISTRATOR}\r\n"
         "X-Receiver: eve@elsewhere.example\r\nX-PHP-Originating-Script: 33:x.php\n\ntext\r\n.\r\nmore")
    message = arrivals(c, 1)[0]
    expect(message["Bcc"] is None and message["X-Receiver"] == "eve@elsewhere.example", message.as_string())
    expect(message["From"] == f"web@{DOMAIN}", message["From"])
    expect(message.get_content().splitlines() == ["text", ".", "more"], message.get_content())


def mailx(c):
    sent(c, "-i", "--", "administrator", text="Subject: by a lone name\nTo: administrator\n\nhello\n")
    message = arrivals(c, 1)[0]
    expect(message["To"] == ADMINISTRATOR, message["To"])
    expect(message["From"].addresses[0].addr_spec.endswith("@" + DOMAIN), message["From"])
    sent(c, ADMINISTRATOR, text="no header, only text\n.\nnever read\n")
    message = arrivals(c, 1)[0]
    expect(message["From"] and message["Date"], message.as_string())
    expect(message.get_content().splitlines() == ["no header, only text"], message.get_content())


def blind(c):
    """-t with a Bcc to somebody else, who gets it; no copy shows it."""
    sent(c, "-t", "-oi", f"second@{DOMAIN}", text=f"From: ann@{DOMAIN}\nTo: {ADMINISTRATOR}\nBcc: third@{DOMAIN}\nSubject: blind\n\nx\n")
    arrivals(c, 1)
    for alias in ("second", "third"):
        files = wait_for(lambda: c.maildir(alias), f"the copy of {alias}")
        expect(len(files) == 1 and b"third@" not in files[0].read_bytes().split(b"\r\n\r\n")[0].replace(b"Delivered-To: third@", b""), files[0].read_bytes())


def smtp(c):
    """-bs: swaks talks to it through a pipe."""
    pipe = " ".join(map(shlex.quote, unprivileged([str(c.root.parent / "libexec/sendmail"), "-bs"])))
    done = subprocess.run(["swaks", "--pipe", pipe, "--from", f"ann@{DOMAIN}", "--to", ADMINISTRATOR, "--header", "Subject: by pipe", "--body", "..dot\n.\nend"],
                          env=c.env, capture_output=True, text=True, timeout=PATIENCE)
    expect(done.returncode == 0, done.stdout + done.stderr)
    expect("220 mail1.contoso.example" in done.stdout and "DSN" in done.stdout and "STARTTLS" not in done.stdout, done.stdout)
    message = arrivals(c, 1)[0]
    expect(message["Subject"] == "by pipe" and message.get_content().splitlines()[:3] == ["..dot", ".", "end"], message.as_string())
    talk = "EHLO x\r\nMAIL FROM:<> RET=HDRS ENVID=e+2B1\r\nRCPT TO:<nobody@contoso.example> NOTIFY=NEVER\r\nRCPT TO:<bro ken>\r\nRSET\r\nQUIT\r\n"
    said = sent(c, "-bs", text=talk).splitlines()
    expect([line[:3] for line in said if line[3:4] == " "] == ["220", "250", "250", "250", "501", "250", "221"], said)
    expect(list((c.root / "pickup").glob("*.eml")) == [], "nothing was sent")


def reports(c):
    """-N, -R and -V come through to the report."""
    sent(c, "-N", "failure", "-R", "hdrs", "-V", "env 1", "-f", ADMINISTRATOR, f"unknown@{DOMAIN}", text="Subject: lost\n\nsecret text\n")
    report = arrivals(c, 1)[0]
    expect("Original-Envelope-Id: env 1" in report.as_string() or "env+201" in report.as_string(), report.as_string())
    sent(c, "-N", "never", "-f", ADMINISTRATOR, f"unknown@{DOMAIN}", text="Subject: quiet\n\nx\n")
    wait_for(lambda: not c.queue() and not list((c.root / "pickup").glob("*.eml")), "the end of it")


def other_modes(c):
    expect(sent(c, "-bp") == "The queue is empty.\n" and sent(c, name="mailq") == "The queue is empty.\n", "-bp")
    expect(sent(c, "-bi") == "" and sent(c, name="newaliases") == "", "-bi")
    sent(c, "-q")
    expect("deliverable" in sent(c, "-bv", "administrator"), "-bv")
    done = sendmail(c, "-bv", "--json", f"unknown@{DOMAIN}", ADMINISTRATOR)
    verdicts = [json.loads(line)["verdict"] for line in done.stdout.decode().splitlines()]
    expect(done.returncode == 67 and verdicts == ["undeliverable", "deliverable"], done)
    expect(sent(c, "--help").startswith("send a message"), "--help")


def errors(c):
    for words, text, status in (
            (("-Z",), "", 64), (("-bd",), "", 64), (("-N", "perhaps", "x"), "", 64), ((), "x\n", 64), (("-t",), "Subject: x\n\n", 64),
            (("-t",), "To: ann@\n\n", 65), (("-f", "a b@c", ADMINISTRATOR), "x", 64)):
        done = sendmail(c, *words, text=text)
        expect(done.returncode == status, f"{words}: {done.returncode}, expected {status}: {done.stderr}")
        expect(done.stderr.startswith(b"imc: sendmail: "), done.stderr)
    big = sendmail(c, ADMINISTRATOR, text="x" * (70 << 20))
    expect(big.returncode == 69 and b"InboundSizeLimit" in big.stderr, big)
    closed = subprocess.run(["bash", "-c", f"exec {c.root.parent}/libexec/sendmail {ADMINISTRATOR} <&-"], env=c.env, capture_output=True, timeout=PATIENCE)
    expect(closed.returncode in (66, 77), closed)


def size(c):
    """-bs refuses what the service would set aside: the envelope's lines count."""
    c.imc("reg", "add", "-v", "InboundSizeLimit", "-t", "QWORD", "-d", "20000")
    for filler, expected in ((19_900, "552"), (19_000, "250")):
        line = "x" * 98 + "\r\n"
        text = "Subject: size\r\n\r\n" + line * (filler // 100)
        done = sendmail(c, "-bs", text=f"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{ADMINISTRATOR}>\r\nDATA\r\n{text}.\r\nQUIT\r\n")
        replies = [line[:3] for line in done.stdout.decode().splitlines() if line[3:4] == " "]
        expect(replies == ["220", "250", "250", "250", "354", expected, "221"], done.stdout)
        expect(done.returncode == (69 if expected == "552" else 0), done)
    arrivals(c, 1)


def run(folder):
    c = Connector(folder / "root")
    links = folder / "libexec"
    links.mkdir()
    for name in ("sendmail", "mailq", "newaliases"):
        (links / name).symlink_to(c.executable)
    c.setup()
    for alias in ("second", "third"):
        c.imc("dir", "add", "mailbox", alias, "--address", f"{alias}@{DOMAIN}")
    # Down: durable now, delivered when the service starts.
    sent(c, ADMINISTRATOR, text="Subject: early\n\nx\n")
    down = sendmail(c, "-bp")
    expect(down.returncode == 0 and b"does not run" in down.stderr, down)
    expect("deliverable" in sent(c, "-bv", ADMINISTRATOR), "-bv while the service is down")
    c.start()
    try:
        expect(arrivals(c, 1)[0]["Subject"] == "early", "what was sent while the service was down")
        for part in (cron, php, mailx, blind, smtp, reports, other_modes, errors):
            part(c)
        line = sent(c, "--json", ADMINISTRATOR, text="Subject: last\n\nx\n")
        expect(json.loads(line)["recipients"] == [ADMINISTRATOR], line)
        arrivals(c, 1)
        size(c)
        expect(c.events(4164) == [], "nothing was set aside")
    finally:
        c.stop()
