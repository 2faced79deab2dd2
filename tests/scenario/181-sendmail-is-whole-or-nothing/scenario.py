"""A sendmail that is stopped in the middle of its input leaves nothing; who may not write the folder is told the mend, which works."""
import signal

from kit import *

ADMINISTRATOR = "administrator@contoso.example"


def stopped(c, how):
    process = subprocess.Popen(unprivileged([str(c.executable), "sendmail", "-i", ADMINISTRATOR]), env=c.env, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/",
                               preexec_fn=lambda: how == signal.SIGKILL or signal.signal(how, signal.SIG_DFL))  # nohup and "&" leave some ignored
    process.stdin.write(b"Subject: half\n\n" + b"x" * 200_000)
    process.stdin.flush()  # more than a pipe holds: it has been read in part
    process.send_signal(how)
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass
    expect(process.wait(timeout=PATIENCE) == -how, f"ended by {how}")
    expect([p.name for p in (c.root / "pickup").rglob("*") if p.is_file()] == [], "nothing is left")


def other_user(command):
    who = pwd.getpwnam("daemon")
    return ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups", "--inh-caps=-all", *command]


def of_another_user(c):
    """The folder is closed to others; the command that the refusal names opens it, and nobody can list or read it."""
    def send():
        return subprocess.run(other_user([str(c.executable), "sendmail", "-i", ADMINISTRATOR]), env=c.env, input="Subject: of daemon\n\nx\n", text=True,
                              capture_output=True, timeout=PATIENCE, cwd="/")
    done = send()
    expect(done.returncode == 77, f"{done.returncode}: {done.stderr}")
    mend = re.search(r"as root: (.*)$", done.stderr, re.M)
    expect(mend, done.stderr)
    c.shell(mend.group(1), root=True)
    done = send()
    expect(done.returncode == 0, f"{done.returncode}: {done.stderr}")
    files = list((c.root / "pickup").glob("*.eml"))
    expect(len(files) == 1 and files[0].stat().st_mode & 0o777 == 0o640, files)
    looked = subprocess.run(other_user(["ls", str(c.root / "pickup")]), capture_output=True, timeout=PATIENCE)
    expect(looked.returncode != 0, "others see who sends")
    c.start()
    wait_for(lambda: c.maildir("administrator"), "the message of another user")
    text = c.maildir("administrator")[0].read_bytes()
    expect(f"(imc pickup, from userid {pwd.getpwnam('daemon').pw_uid})".encode() in text and b"From: daemon <daemon@contoso.example>" in text, text)
    # A folder that would leave the file unreadable for the service takes none.
    os.chmod(c.root / "pickup", 0o1733)
    done = send()
    expect(done.returncode == 77 and not list((c.root / "pickup").glob("*.eml")), done)


def run(folder):
    c = Connector(folder / "root")
    c.setup()
    for how in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL):
        stopped(c, how)
    try:
        if os.geteuid() == 0:
            of_another_user(c)
    finally:
        c.stop()
