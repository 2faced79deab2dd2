"""Passwords are set and kept out of sight; swaks and smtplib sign in; an account sends as itself; guessing locks."""
import base64
import os
import pty
import ssl

from kit import *


def set_up(c):
    c.setup()
    for alias in ("alice", "bob"):
        c.imc("dir", "add", "mailbox", alias, "--address", f"{alias}@contoso.example")
    c.submission, c.submissions, c.open_submission = free_port(), free_port(), free_port()
    rows = [f"127.0.0.1:{c.port}", f"127.0.0.1:{c.submission} role=submission", f"127.0.0.1:{c.submissions} role=submissions",
            f"127.0.0.1:{c.open_submission} role=submission tls=optional plain-auth"]
    c.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d", "\\0".join(rows), "-f")
    c.imc("reg", "add", "-v", "AuthBackoff", "-t", "DWORD", "-d", "10", "-f")
    c.imc("reg", "add", "-v", "AuthFailuresToLock", "-t", "DWORD", "-d", "3", "-f")
    c.imc("reg", "add", "-v", "AuthAuditSuccess", "-t", "DWORD", "-d", "1", "-f")


def password_file(c, text, mode=0o600):
    file = c.root / f"password-{time.monotonic_ns()}"
    file.write_text(text)
    os.chmod(file, mode)
    give(file)
    return file


def on_a_terminal(c, alias, *answers):
    """Types at the prompts of imc dir passwd. Returns (status, what the terminal showed)."""
    pid, terminal = pty.fork()
    if pid == 0:
        command = unprivileged([str(c.executable), "dir", "passwd", alias])
        os.execvpe(command[0], command, c.env)
    shown = b""
    for prompt, answer in zip((b"New password", b"Once more"), answers):
        while prompt not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, answer.encode() + b"\n")
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:  # the other end is gone
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def passwords(c):
    done = c.imc("dir", "passwd", "alice", "--password-file", password_file(c, "r\u00e4tsel\n"))
    expect("Undo: imc dir import" in done.stdout, done.stdout)
    done = c.imc("dir", "passwd", "alice", "--password-file", "-", stdin="r\u00e4tsel")
    expect("kept nowhere" in done.stdout and "Undo" not in done.stdout, done.stdout)

    status, shown = on_a_terminal(c, "bob", "rubber", "rubber")
    expect(status == 0 and "rubber" not in shown, shown)
    status, shown = on_a_terminal(c, "bob", "rubber", "rubbre")
    expect(status == 1 and "not the same" in shown and "rubb" not in shown.replace("not the same", ""), shown)

    for words, said in ((("bob", "--password-file", password_file(c, "x", 0o644)), "can be read by others"),
                        (("bob", "--password-file", password_file(c, "")), "empty"),
                        (("bob", "--password-file", password_file(c, "a\tb")), "characters"),
                        (("nobody", "--password-file", "-"), "nobody"),
                        (("bob",), "no terminal")):
        done = c.imc("dir", "passwd", *words, check=False)
        expect(done.returncode == 1 and said in done.stderr, f"{said} expected:\n{done.stdout}{done.stderr}")
    done = c.imc("dir", "passwd", "bob", "secret", check=False)
    expect(done.returncode != 0, "a password in the arguments must be refused")
    done = c.imc("dir", "modify", "bob", "--replace", "userPassword=secret", check=False)
    expect(done.returncode == 2 and "command line" in done.stderr, done.stderr)

    for words in (("show", "alice"), ("export",), ("search", "(mailNickname=alice)"), ("export", "--json")):
        said = c.imc("dir", *words).stdout
        expect("ARGON2" not in said and "userPassword" in said, f"imc dir {words} must name the secret and not show it:\n{said}")
    expect("{ARGON2}$argon2id$" in c.imc("dir", "export", "--secrets").stdout, "--secrets must show it")
    for file in (c.root / "backup").iterdir():
        text = file.read_text(errors="replace")
        expect("ARGON2" not in text and "SCRAM-SHA" not in text, f"{file} holds a secret:\n{text}")


def swaks(port, user, password, *more, sender="alice@contoso.example"):
    return subprocess.run(["swaks", "--server", f"127.0.0.1:{port}", "--from", sender, "--to", "bob@contoso.example",
                           "--helo", "client.example.net", "--timeout", "30", "--auth-user", user, "--auth-password", password,
                           "--body", "text", *more], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)


def signed_in(c):
    # swaks hands over octets as they are; the password is the decomposed form of the one that was set.
    for user, mechanism in (("alice", "PLAIN"), ("alice@contoso.example", "LOGIN")):
        done = swaks(c.submission, user, "ra\u0308tsel", "--tls", "--auth", mechanism)
        expect(done.returncode == 0 and " 235 " in done.stdout, f"swaks {mechanism}:\n{done.stdout}{done.stderr}")
    done = swaks(c.submissions, "alice", "ra\u0308tsel", "--tls-on-connect", "--auth", "PLAIN")
    expect(done.returncode == 0 and " 235 " in done.stdout, f"swaks, implicit TLS:\n{done.stdout}{done.stderr}")
    wait_for(lambda: len(c.maildir("bob")) == 3, "three messages in bob's Maildir")
    successes = c.events(40280)
    expect([e["fields"]["mechanism"] for e in successes] == ["PLAIN", "LOGIN", "PLAIN"], successes)
    expect(all(e["type"] == "Success Audit" and e["fields"]["account"] == "alice" for e in successes), successes)

    done = swaks(c.submission, "alice", "r\u00e4tsel", "--auth", "PLAIN")
    expect(done.returncode != 0 and "235" not in done.stdout, f"without TLS nobody signs in:\n{done.stdout}")
    done = swaks(c.open_submission, "alice", "r\u00e4tsel", "--auth", "PLAIN")
    expect(done.returncode == 0, f"where the listener says so it goes without TLS:\n{done.stdout}")
    done = swaks(c.port, "alice", "r\u00e4tsel", "--tls", "--auth", "PLAIN")
    expect(done.returncode != 0 and "235" not in done.stdout, f"port 25 offers no AUTH:\n{done.stdout}")


def client(c):
    smtp = smtplib.SMTP("127.0.0.1", c.submission, local_hostname="client.example.net", timeout=PATIENCE)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    smtp.starttls(context=context)
    smtp.ehlo()
    return smtp


def own_addresses(c):
    with client(c) as smtp:
        offered = smtp.esmtp_features["auth"].split()
        expect("SCRAM-SHA-256" in offered and "PLAIN" in offered and "CRAM-MD5" not in offered, offered)
        code, text = smtp.mail("alice@contoso.example")
        expect(code == 530, f"530 expected before AUTH: {code} {text}")
        # smtplib's login() takes ASCII only.
        token = base64.b64encode("\0alice\0r\u00e4tsel".encode()).decode()
        code, text = smtp.docmd("AUTH", "PLAIN " + token)
        expect(code == 235, f"{code} {text}")
        before = len(c.maildir("bob"))
        smtp.sendmail("alice@contoso.example", ["bob@contoso.example"], b"From: alice@contoso.example\r\nSubject: bare\r\n\r\ntext\r\n")
        wait_for(lambda: len(c.maildir("bob")) == before + 1, "the message without Date and Message-ID")
        text = next(f.read_bytes() for f in c.maildir("bob") if b"Subject: bare" in f.read_bytes())
        rest = below_trace(text)
        expect(re.match(rb"Date: .*\r\nMessage-ID: <[^>]+@mail1\.contoso\.example>\r\nFrom: alice", rest), rest)

        # Who has signed in may send anywhere, with no RelayFlags and no list.
        expect(smtp.mail("alice@contoso.example")[0] == 250, "alice sends")
        code, text = smtp.rcpt("eve@elsewhere.example")
        expect(code == 250, f"a submission listener relays for its people: {code} {text}")
        smtp.rset()

        code, text = smtp.mail("bob@contoso.example")
        expect(code == 550 and b"5.7.1" in text, f"{code} {text}")
        smtp.rset()
        for header in ("From: bob@contoso.example", "From: alice@contoso.example, eve@example.net",
                       "From: alice@contoso.example\r\nSender: bob@contoso.example"):
            try:
                smtp.sendmail("alice@contoso.example", ["bob@contoso.example"], f"{header}\r\n\r\ntext\r\n".encode())
                raise Failure(f"{header!r} was taken")
            except smtplib.SMTPDataError as e:
                expect(e.smtp_code == 550 and b"5.7.1" in e.smtp_error, f"{header}: {e}")
        refused = c.events(4151)
        expect([e["fields"]["address"] for e in refused] == ["bob@contoso.example", "bob@contoso.example", "eve@example.net",
                                                            "bob@contoso.example"], refused)
        alice = "cn=alice,cn=Recipients,ou=Oslo,o=Contoso"
        c.imc("dir", "modify", "bob", "--add", f"publicDelegates={alice}")
        smtp.sendmail("bob@contoso.example", ["bob@contoso.example"], b"From: bob@contoso.example\r\nSubject: for bob\r\n\r\ntext\r\n")


def locked(c):
    for guess in ("one", "two", "three"):
        done = swaks(c.submission, "bob", guess, "--tls", "--auth", "PLAIN")
        expect(" 535 5.7.8" in done.stdout, done.stdout)
    done = swaks(c.submission, "bob", "rubber", "--tls", "--auth", "PLAIN")
    expect(" 454 4.7.0" in done.stdout, f"three failures lock:\n{done.stdout}")
    failures = c.events(4183)
    expect(len(failures) == 4 and "locked for" in failures[-1]["description"], failures)
    expect(failures[0]["type"] == "Failure Audit" and failures[0]["fields"]["user"] == "bob"
           and failures[0]["fields"]["peer"] == "[127.0.0.1]", failures[0])
    done = swaks(c.submission, "bob@contoso.example", "rubber", "--tls", "--auth", "PLAIN")
    expect(" 535 5.7.8" in done.stdout, f"another name of the locked account must look like a wrong password:\n{done.stdout}")

    c.imc("dir", "passwd", "alice", "--disable")
    done = swaks(c.submission, "alice", "r\u00e4tsel", "--tls", "--auth", "PLAIN")
    expect(" 535 5.7.8" in done.stdout and "no password is set" in c.events(4183)[-1]["description"], done.stdout)
    said = (c.root / "log" / "events.jsonl").read_text()
    for secret in ("rubber", "three", "tsel"):
        expect(secret not in said, f"the log holds a password: {secret}")


def run(folder):
    expect(shutil.which("swaks"), "swaks is missing: run ./dev deps")
    c = Connector(folder / "root")
    set_up(c)
    passwords(c)
    c.start()
    try:
        signed_in(c)
        own_addresses(c)
        locked(c)
    finally:
        c.stop()
