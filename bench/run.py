#!/usr/bin/python3
"""./dev bench: imc and Postfix, alternating rounds of one run, on loopback, both syncing before 250.

  acceptance   smtp-source -> MTA, delivery held        messages/s, CPU ms per message
  relay        smtp-source -> MTA -> sink               the same, counted when the sink has said 250
  maildir      smtp-source -> imc -> Maildir            imc only
  idle         N sessions that said EHLO and then nothing: memory per session
  idle-tls     the same under TLS 1.3: our stream and OpenSSL alone, clients in another process

  bench/run.py [--rounds 3] [--messages 6000] [--sessions 50] [--size 4096] [--idle 10000] [--only relay,accept]
"""
import argparse
import os
import pathlib
import pwd
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
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
                 "--listen", f"127.0.0.1:{self.port}", "--yes"]
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

    def __init__(self, folder, mode, sink):
        self.root, self.port = pathlib.Path(folder) / "postfix", free_port()
        spool, etc = self.root / "spool", self.root / "etc"
        etc.mkdir(parents=True)
        spool.mkdir()
        hold = "smtpd_client_restrictions = check_client_access static:hold\n" if mode == "hold" else ""
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
{hold}""")
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


def source(port, messages, sessions, size, recipient):
    """smtp-source, connections reused. Two of them, so that the load generator is not the bottleneck."""
    half = max(1, messages // 2)
    return [subprocess.Popen([str(POSTFIX / "usr/sbin/smtp-source"), "-4", "-d", "-s", str(max(1, sessions // 2)), "-m", str(half),
                              "-l", str(size), "-f", f"sender{i}@load.example", "-t", recipient, f"127.0.0.1:{port}"],
                             env=dict(os.environ, **LIBRARY), stdout=subprocess.DEVNULL) for i in range(2)], half * 2


def load(mta, o, sink, recipient, warm):
    messages = (o.messages // 3 if warm else o.messages) // 2 * 2
    goal = (sink.count() if sink else 0) + messages
    before = mta.delivered() if not sink and hasattr(mta, "delivered") and mta.mode == "maildir" else None
    cpu, begin = cpu_seconds(mta.pid), time.monotonic()
    sources, messages = source(mta.port, messages, o.sessions, o.size, recipient)
    for s in sources:
        if s.wait() != 0:
            sys.exit(f"smtp-source failed against {mta.name}")
    accepted = time.monotonic() - begin
    end = time.monotonic() + 120
    while sink and sink.count() < goal and time.monotonic() < end:
        time.sleep(0.005)
    while before is not None and mta.delivered() < before + messages and time.monotonic() < end:
        time.sleep(0.02)
    done = time.monotonic() - begin
    time.sleep(0.3)  # what the MTA still does for these messages belongs to them
    lost = goal - sink.count() if sink else 0
    if lost > 0:
        print(f"  {mta.name}: {lost} of {messages} not delivered in time", flush=True)
    return {"accepted/s": messages / accepted, "delivered/s": messages / done,
            "cpu ms/msg": 1000 * (cpu_seconds(mta.pid) - cpu) / messages}


def measure(kind, o, test, folder):
    place = pathlib.Path(tempfile.mkdtemp(dir=folder))
    os.chmod(place, 0o755)
    sink = Sink(place) if test == "relay" else None
    mta = kind(place, {"accept": "hold", "maildir": "maildir", "idle": "idle"}.get(test, "relay"), sink)
    recipient = "administrator@bench.example" if test == "maildir" else "someone@dest.example"
    try:
        load(mta, o, sink, recipient, True)
        return load(mta, o, sink, recipient, False)
    finally:
        mta.stop()
        if sink:
            sink.stop()
        shutil.rmtree(place, ignore_errors=True)


def measure_idle(o, folder):
    place = pathlib.Path(tempfile.mkdtemp(dir=folder))
    mta = Imc(place, "idle", None)
    before = pss_kib(mta.pid)
    idle = subprocess.Popen([build_tool("idle"), str(mta.port), str(o.idle)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)
    said = idle.stdout.readline().strip()
    time.sleep(1)
    after = pss_kib(mta.pid)
    idle.stdin.close()
    idle.wait()
    mta.stop()
    shutil.rmtree(place, ignore_errors=True)
    ready = int(said.split()[1])
    return f"{said}; {before} KiB before, {after} KiB with them: {(after - before) / max(1, ready):.1f} KiB per idle session"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--messages", type=int, default=6000)
    options.add_argument("--sessions", type=int, default=50)
    options.add_argument("--size", type=int, default=4096)
    options.add_argument("--idle", type=int, default=10000)
    options.add_argument("--only", default="accept,relay,maildir,idle,idle-tls")
    options.add_argument("--folder", default="/var/tmp", help="on the disk to be measured, not a tmpfs")
    o = options.parse_args()
    resource_limit()
    folder = tempfile.mkdtemp(prefix="imc-bench-", dir=o.folder)
    os.chmod(folder, 0o755)
    results, tests = {}, o.only.split(",")
    try:
        for round_number in range(o.rounds):
            for test in ("accept", "relay", "maildir"):
                if test not in tests:
                    continue
                order = [Imc, Postfix] if round_number % 2 == 0 else [Postfix, Imc]
                for kind in order:
                    if test == "maildir" and kind is Postfix:
                        continue
                    row = measure(kind, o, test, folder)
                    results.setdefault((test, kind.name), []).append(row)
                    print(f"round {round_number + 1} {test:8} {kind.name:8} " +
                          "  ".join(f"{k} {v:.2f}" for k, v in row.items()), flush=True)
        table(results)
        if "idle" in tests:
            print("\nidle: " + measure_idle(o, folder))
        if "idle-tls" in tests:
            program = IMC.parent.parent.parent / "bench" / "bench_tls_idle"
            print("\n" + subprocess.run([program, str(o.idle)], check=True, capture_output=True, text=True).stdout.strip())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def resource_limit():
    import resource
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def table(results):
    print("\n| test | MTA | accepted/s | delivered/s | CPU ms/message |\n|---|---|---|---|---|")
    for (test, name), rows in results.items():
        def cell(key, digits=0):
            values = [r[key] for r in rows]
            return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"
        delivered = cell("delivered/s") if test != "accept" else "-"
        print(f"| {test} | {name} | {cell('accepted/s')} | {delivered} | {cell('cpu ms/msg', 3)} |")
    for test in ("accept", "relay"):
        key = "accepted/s" if test == "accept" else "delivered/s"
        if (test, "imc") in results and (test, "postfix") in results:
            mine, theirs = (statistics.median(r[key] for r in results[(test, n)]) for n in ("imc", "postfix"))
            print(f"\n{test}: imc {mine / theirs:.1f} times Postfix")


if __name__ == "__main__":
    main()
