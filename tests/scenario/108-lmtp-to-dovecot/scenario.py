"""Mailboxes that live in Dovecot are delivered to by LMTP, each recipient with the answer that Dovecot gives for him."""
import grp

from kit import *

CONF = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = lmtp
listen = 127.0.0.1
ssl = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail/%n
auth_username_format = %Ln
first_valid_uid = 1
lmtp_rcpt_check_quota = no
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
"""
TEXT = b"From: dave@contoso.example\r\nSubject: to dovecot\r\n\r\n.a line with a dot\r\ncaf\xc3\xa9\r\n"


class Dovecot:
    """Dovecot with LMTP only, in a folder of its own, as an unprivileged user. It knows alice and bob."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        for name in ("run", "state", "mail"):
            (folder / name).mkdir(parents=True)
        who = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(who.pw_gid).gr_name
        (folder / "conf").write_text(CONF.format(folder=folder, user=who.pw_name, group=group, port=self.port))
        (folder / "users").write_text("".join(f"{n}:{{PLAIN}}x:{who.pw_uid}:{who.pw_gid}::{folder}/mail/{n}::\n"
                                              for n in ("alice", "bob")))
        give(folder)
        expect(shutil.which("dovecot", path="/usr/sbin:/usr/bin"), "dovecot is missing: run ./dev deps --test")
        self.process = subprocess.Popen(unprivileged(["/usr/sbin/dovecot", "-F", "-c", str(folder / "conf")]),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")
        wait_for(self.answers, "Dovecot's LMTP greeting")

    def answers(self):
        expect(self.process.poll() is None, f"Dovecot ended: {self.said()}")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                return s.makefile("rb").readline().startswith(b"220 ")
        except OSError:
            return False

    def said(self):
        log = self.folder / "dovecot.log"
        return (self.process.stderr.read().decode() if self.process.poll() is not None else "") + \
            (log.read_text() if log.exists() else "")

    def mail(self, name):
        folder = self.folder / "mail" / name / "new"
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


def run(folder):
    dovecot = Dovecot(folder / "dovecot")
    c = Connector(folder / "root")
    try:
        c.setup()
        for name in ("alice", "bob", "carol"):  # carol is in our directory and not in Dovecot's
            c.imc("dir", "add", "mailbox", name, "--address", f"{name}@contoso.example",
                  "--store", f"lmtp:127.0.0.1:{dovecot.port}")
        c.imc("dir", "add", "mailbox", "dave", "--address", "dave@contoso.example")
        c.start()
        with c.smtp() as client:
            refused = client.sendmail("dave@contoso.example", [f"{n}@contoso.example" for n in ("alice", "carol", "bob")],
                                      TEXT, ["BODY=8BITMIME"])
            expect(not refused, f"a recipient was refused: {refused}")
        for name in ("alice", "bob"):
            wait_for(lambda: dovecot.mail(name), f"the message in Dovecot's mailbox of {name}")
            expect(len(dovecot.mail(name)) == 1, f"{len(dovecot.mail(name))} messages of {name}, one expected")
            octets = dovecot.mail(name)[0].read_bytes().replace(b"\r\n", b"\n")
            expect(octets.endswith(TEXT.replace(b"\r\n", b"\n")), f"the message of {name} differs:\n{octets!r}")
        wait_for(lambda: c.maildir("dave"), "a report on carol in dave's Maildir")
        report = c.maildir("dave")[0].read_text(errors="replace")
        expect(re.search(r"^Final-Recipient: *rfc822; *carol@contoso\.example", report, re.M), f"carol is not named:\n{report}")
        expect(re.search(r"^Status: *5\.1\.1", report, re.M), f"Dovecot's 5.1.1 is not in the report:\n{report}")
        for name in ("alice", "bob"):
            expect(f"{name}@contoso.example" not in report.split("Final-Recipient")[1].split("\r\n\r\n")[0],
                   f"{name} is in the report:\n{report}")
        wait_for(lambda: not c.queue(), "an empty queue")
        dovecot.stop()
        c.send("dave@contoso.example", ["alice@contoso.example"], TEXT.replace(b"\xc3\xa9", b"e"))
        wait_for(c.queue, "the message in the queue while Dovecot is down")
        expect(len(c.maildir("dave")) == 1, "a report although Dovecot is only down")
    finally:
        if c.process:
            c.stop()
        if dovecot.process.poll() is None:
            dovecot.stop()
