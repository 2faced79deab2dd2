"""Those who are measured: imc and Postfix, set up alike and durable, and a sink to relay to."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

PROJECT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = PROJECT / "build" / "tools"
POSTFIX = TOOLS / "postfix"
LIBRARY = {"LD_LIBRARY_PATH": str(POSTFIX / "usr/lib/postfix")}
IMC = PROJECT / "build" / "release" / "src" / "app" / "imc"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, limit=60):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
                if s.makefile("rb").readline().startswith(b"220"):
                    return
        except OSError:
            pass
        time.sleep(0.02)
    sys.exit(f"nobody answers on port {port}")


def build_tool(name):
    binary = TOOLS / "bench" / name
    source = PROJECT / "bench" / f"{name}.c"
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        binary.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["clang-19", "-O2", "-o", str(binary), str(source), "-pthread"], check=True)
    return str(binary)


class Sink:
    """Counts what it took in shared memory, so that watching costs it nothing."""

    def __init__(self, folder):
        self.port, self.file = free_port(), pathlib.Path(folder) / "sink.count"
        self.process = subprocess.Popen([build_tool("sink"), str(self.port), str(self.file), "ok"],
                                        stdout=subprocess.DEVNULL)
        wait_port(self.port)

    def count(self):
        data = self.file.read_bytes()
        return struct.unpack_from("<Q", data)[0] if len(data) >= 8 else 0

    def stop(self):
        self.process.kill()
        self.process.wait()


def descendants(pid):
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        except OSError:
            continue
    found, todo = [], [pid]
    while todo:
        p = todo.pop()
        found.append(p)
        todo += children.get(p, [])
    return found


def cpu_seconds(pid):
    """User + system of a process tree, children that have ended (and were waited for) included."""
    ticks = 0
    for p in descendants(pid):
        try:
            f = pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += sum(int(f[i]) for i in (11, 12, 13, 14))
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def pss_kib(pid):
    total = 0
    for p in descendants(pid):
        try:
            for line in pathlib.Path(f"/proc/{p}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            continue
    return total


class Imc:
    name = "imc"

    def __init__(self, folder, mode, sink):
        self.root, self.port, self.mode = pathlib.Path(folder) / "imc", free_port(), mode
        self.env = dict(os.environ, IMC_ROOT=str(self.root))
        setup = ["setup", "--org", "Bench", "--site", "Loop", "--server", "BENCH", "--domain", "bench.example",
                 "--host-name", "mail.bench.example", "--admin-mailbox", "administrator", "--directory", "embedded",
                 "--listen", f"127.0.0.1:{self.port}", "--admin-listen", "none", "--yes"]
        if sink:
            setup += ["--smart-host", f"127.0.0.1:{sink.port}"]
        self.imc(*setup)
        self.imc("reg", "add", "-v", "RelayAllowList", "-t", "MULTI_SZ", "-d", "127.0.0.0/8", "-f")
        for value in ("MaxInboundConnections", "MaxInboundConnectionsPerHost"):
            self.imc("reg", "add", "-v", value, "-t", "DWORD", "-d", "12000", "-f")
        if mode == "hold":
            self.imc("dir", "modify", "cn=Internet Mail Connector (BENCH),cn=Connections,cn=Configuration,ou=Loop,o=Bench",
                     "--replace", "imcTransferMode=inbound")
        self.process = subprocess.Popen([str(IMC), "serve"], env=self.env, stdin=subprocess.DEVNULL,
                                        stdout=open(self.root / "log" / "serve.out", "wb"), stderr=subprocess.STDOUT)
        self.pid = self.process.pid
        wait_port(self.port)

    def imc(self, *words):
        done = subprocess.run([str(IMC), *words], env=self.env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"imc {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def delivered(self):
        folder = self.root / "mail/administrator/Maildir/new"
        return len(os.listdir(folder)) if folder.exists() else 0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Postfix:
    """Unpacked, not installed; own spool and configuration; the package's defaults otherwise."""

    name = "postfix"

    def __init__(self, folder, mode, sink, certificates=None):
        """@param certificates  folder of imc.crt and imc.key: STARTTLS is offered with them"""
        self.root, self.port = pathlib.Path(folder) / "postfix", free_port()
        spool, etc = self.root / "spool", self.root / "etc"
        etc.mkdir(parents=True)
        spool.mkdir()
        hold = "smtpd_client_restrictions = check_client_access static:hold\n" if mode == "hold" else ""
        tls = ""
        if certificates:
            for name in ("imc.crt", "imc.key"):
                shutil.copy(certificates / name, etc / name)
            tls = f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {etc}/imc.crt\nsmtpd_tls_key_file = {etc}/imc.key\n"
        (etc / "main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {spool}
data_directory = {self.root}/data
daemon_directory = {POSTFIX}/usr/lib/postfix/sbin
command_directory = {POSTFIX}/usr/sbin
shlib_directory = {POSTFIX}/usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.bench.example
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink.port if sink else 1}
alias_maps =
local_recipient_maps =
maillog_file = {self.root}/maillog
maillog_file_prefixes = {self.root}
import_environment = MAIL_CONFIG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME LD_LIBRARY_PATH={POSTFIX}/usr/lib/postfix
export_environment = TZ MAIL_CONFIG LANG LD_LIBRARY_PATH={POSTFIX}/usr/lib/postfix
smtpd_recipient_restrictions = permit_mynetworks, reject
{hold}{tls}""")
        rows = ["cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "tlsmgr unix - - n 1000? 1 tlsmgr",
                "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce",
                "trace unix - - n - 0 bounce", "verify unix - - n - 1 verify", "flush unix n - n 1000? 0 flush",
                "proxymap unix - - n - - proxymap", "smtp unix - - n - - smtp", "relay unix - - n - - smtp",
                "showq unix n - n - - showq", "error unix - - n - - error", "retry unix - - n - - error",
                "anvil unix - - n - 1 anvil", "scache unix - - n - 1 scache", "postlog unix-dgram n - n - 1 postlogd",
                "pickup unix n - n 60 1 pickup"]
        (etc / "master.cf").write_text(f"127.0.0.1:{self.port} inet n - n - - smtpd\n" + "\n".join(rows) + "\n")
        for user in ("postfix",):
            try:
                pwd.getpwnam(user)
            except KeyError:
                subprocess.run(["useradd", "-r", "-M", "-s", "/usr/sbin/nologin", "-d", "/nonexistent", user], check=True)
        subprocess.run("getent group postdrop >/dev/null || groupadd -r postdrop", shell=True, check=True)
        (self.root / "data").mkdir()
        shutil.chown(self.root / "data", "postfix", "postfix")
        for d in "hold incoming active deferred defer bounce corrupt flush trace saved private".split():
            (spool / d).mkdir(mode=0o700)
            shutil.chown(spool / d, "postfix", "root")
        for d, mode in (("public", 0o710), ("maildrop", 0o730)):
            (spool / d).mkdir()
            (spool / d).chmod(mode)
            shutil.chown(spool / d, "postfix", "postdrop")
        (spool / "pid").mkdir()
        self.process = subprocess.Popen([str(POSTFIX / "usr/lib/postfix/sbin/master"), "-c", str(etc), "-d"],
                                        env=dict(os.environ, **LIBRARY), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        wait_port(self.port)

    def stop(self):
        self.process.terminate()
        self.process.wait()
