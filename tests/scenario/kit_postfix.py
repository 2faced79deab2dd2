"""A real Postfix, unpacked by ./dev deps --test and not installed, in a folder of its own; it takes mail and holds it, or relays it.

Its processes run as users every Debian has, so that no account is made. Needs root, as Postfix's master does.
"""
from kit import *

TREE = PROJECT / "build" / "tools" / "postfix"
LIBRARIES = TREE / "usr" / "lib" / "postfix"
OWNER, GROUP = "uucp", "games"  # instead of postfix and postdrop

MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/data
daemon_directory = {libraries}/sbin
command_directory = {tree}/usr/sbin
shlib_directory = {libraries}
mail_owner = {owner}
setgid_group = {group}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.net
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
maillog_file = {root}/maillog
maillog_file_prefixes = {root}
import_environment = MAIL_CONFIG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME LD_LIBRARY_PATH={libraries}
export_environment = TZ MAIL_CONFIG LANG LD_LIBRARY_PATH={libraries}
smtpd_recipient_restrictions = permit_mynetworks, reject
message_size_limit = 1000000
"""
HOLDS = "smtpd_client_restrictions = check_client_access static:hold\n"
RELAYS = """\
relayhost = [127.0.0.1]:{to}
smtp_tls_security_level = encrypt
smtp_tls_loglevel = 1
smtp_destination_concurrency_limit = 5
smtp_connection_cache_on_demand = yes
minimal_backoff_time = 2s
queue_run_delay = 2s
"""
SERVICES = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
CLIENT = """\
smtp unix - - n - - smtp
relay unix - - n - - smtp
tlsmgr unix - - n 1000? 1 tlsmgr
scache unix - - n - 1 scache
"""


class Postfix:
    """@param relays_to  a port on loopback where all mail is sent under TLS; none: it is held"""

    def __init__(self, folder, relays_to=None):
        expect((LIBRARIES / "sbin" / "master").exists(), "Postfix is missing: run ./dev deps --test")
        expect(os.geteuid() == 0, "only root can run Postfix's master")
        self.root, self.port = pathlib.Path(folder), free_port()
        self.env = dict(os.environ, LD_LIBRARY_PATH=str(LIBRARIES))
        spool, etc = self.root / "spool", self.root / "etc"
        for d in (spool, etc, self.root / "data", spool / "pid"):
            d.mkdir(parents=True)
        shutil.chown(self.root / "data", OWNER)
        for d in "hold incoming active deferred defer bounce corrupt flush trace saved private".split():
            (spool / d).mkdir(mode=0o700)
            shutil.chown(spool / d, OWNER, "root")
        for d, mode in (("public", 0o710), ("maildrop", 0o730)):
            (spool / d).mkdir()
            (spool / d).chmod(mode)
            shutil.chown(spool / d, OWNER, GROUP)
        way = RELAYS.format(to=relays_to) if relays_to else HOLDS
        (etc / "main.cf").write_text(MAIN.format(root=self.root, tree=TREE, libraries=LIBRARIES, owner=OWNER, group=GROUP) + way)
        (etc / "master.cf").write_text(f"127.0.0.1:{self.port} inet n - n - - smtpd\n" + SERVICES + (CLIENT if relays_to else ""))
        self.process = subprocess.Popen([str(LIBRARIES / "sbin" / "master"), "-c", str(etc), "-d"], env=self.env,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(self.answers, "Postfix's greeting")
        except Failure as e:
            self.stop()
            raise Failure(f"{e}\n{self.log()}") from None

    def answers(self):
        expect(self.process.poll() is None, f"Postfix ended with {self.process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                return s.makefile("rb").readline().startswith(b"220 ")
        except OSError:
            return False

    def log(self):
        file = self.root / "maillog"
        return file.read_text(errors="replace") if file.exists() else ""

    def held(self):
        """Queue files on hold; Postfix marks a complete one as executable."""
        return sorted(f for f in (self.root / "spool" / "hold").rglob("*") if f.is_file() and f.stat().st_mode & 0o100)

    def content(self, file, what):
        """What postcat shows of a queue file: "-e" the envelope, "-bh" the message with LF line ends."""
        done = subprocess.run([str(TREE / "usr" / "sbin" / "postcat"), "-c", str(self.root / "etc"), what, str(file)],
                              env=self.env, capture_output=True, timeout=PATIENCE)
        expect(done.returncode == 0, f"postcat ended with {done.returncode}: {done.stderr.decode()}")
        return done.stdout

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
