#!/usr/bin/python3
"""./dev bench: imc and Postfix, alternating rounds of one run, on loopback, both syncing before 250.

  SIZE-SESSIONS-one|many-plain|tls   acceptance, delivery held: bench/load.cc -> MTA; KiB, sessions at once, a
               connection for each message or kept: messages/s and CPU ms per message
  relay        smtp-source -> MTA -> sink: the same, counted when the sink has said 250
  maildir      smtp-source -> imc -> Maildir
  idle         sessions that said EHLO and then nothing: memory per session
  idle-tls     the same under TLS 1.3: our stream and OpenSSL alone, clients in another process

  --rows 4-100-many-plain,relay   only these; parts may be left out: 4-100 is four rows, acceptance is all
  --write                         puts the tables into docs/performance.md
"""
import argparse
import datetime
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from peers import IMC, LIBRARY, POSTFIX, PROJECT, Imc, Postfix, Sink, build_tool, cpu_seconds, pss_kib

ACCEPTANCE = [f"{size}-{sessions}-{kept}-{wire}" for size in (4, 64) for sessions in (1, 100, 1000)
              for kept in ("one", "many") for wire in ("plain", "tls")]
OTHERS = ["relay", "maildir", "idle", "idle-tls"]
BENCH = IMC.parent.parent.parent / "bench"
DOCUMENT = PROJECT / "docs" / "performance.md"


# ---------------------------------------------------------------- acceptance

def accept(mta, row, o):
    size, sessions, kept, wire = row.split("-")
    words = [BENCH / "bench_load", mta.port, "--sessions", sessions, "--size", int(size) * 1024, "--warm", o.warm,
             "--seconds", o.seconds, "--per-connection", 1 if kept == "one" else 0] + (["--tls"] if wire == "tls" else [])
    with subprocess.Popen([str(w) for w in words], stdout=subprocess.PIPE, text=True) as load:
        begin = load.stdout.readline().split()
        cpu = cpu_seconds(mta.pid)
        done = load.stdout.readline().split()
        cpu = cpu_seconds(mta.pid) - cpu
    if len(done) != 5 or int(done[1]) == 0:
        sys.exit(f"no load of {row} against {mta.name}")
    messages, seconds, failed, own = int(done[1]), float(done[2]), int(done[3]), float(done[4])
    return {"accepted/s": messages / seconds, "cpu ms/msg": 1000 * cpu / messages, "load ms/msg": 1000 * own / messages,
            "sessions": int(begin[1]), "failed": failed}


def acceptance(rows, o, folder, results):
    """Both are up, one is asked: so the two figures of a row are measured within seconds."""
    for number in range(o.rounds):
        place = pathlib.Path(tempfile.mkdtemp(dir=folder))
        os.chmod(place, 0o755)
        imc = Imc(place, "hold", None)
        both = [imc, Postfix(place, "hold", None, imc.root / "tls")]
        try:
            for row in rows:
                for mta in both if number % 2 == 0 else reversed(both):
                    note(results, number, row, mta.name, accept(mta, row, o))
        finally:
            for mta in both:
                mta.stop()
            shutil.rmtree(place, ignore_errors=True)


# ---------------------------------------------------------------- through

def source(port, messages, sessions, size, recipient):
    """smtp-source, connections reused. Two of them, so that the load generator is not the bottleneck."""
    half = max(1, messages // 2)
    return [subprocess.Popen([str(POSTFIX / "usr/sbin/smtp-source"), "-4", "-d", "-s", str(max(1, sessions // 2)), "-m", str(half),
                              "-l", str(size), "-f", f"sender{i}@load.example", "-t", recipient, f"127.0.0.1:{port}"],
                             env=dict(os.environ, **LIBRARY), stdout=subprocess.DEVNULL) for i in range(2)], half * 2


def load(mta, o, sink, recipient, warm):
    messages = (o.messages // 3 if warm else o.messages) // 2 * 2
    goal = (sink.count() if sink else 0) + messages
    before = mta.delivered() if not sink else None
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


def through(kind, o, test, folder):
    place = pathlib.Path(tempfile.mkdtemp(dir=folder))
    os.chmod(place, 0o755)
    sink = Sink(place) if test == "relay" else None
    mta = kind(place, test, sink)
    recipient = "administrator@bench.example" if test == "maildir" else "someone@dest.example"
    try:
        load(mta, o, sink, recipient, True)
        return load(mta, o, sink, recipient, False)
    finally:
        mta.stop()
        if sink:
            sink.stop()
        shutil.rmtree(place, ignore_errors=True)


# ---------------------------------------------------------------- memory

def idle(o, folder):
    place = pathlib.Path(tempfile.mkdtemp(dir=folder))
    mta = Imc(place, "idle", None)
    before = pss_kib(mta.pid)
    clients = subprocess.Popen([build_tool("idle"), str(mta.port), str(o.idle)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    said = clients.stdout.readline().strip()
    time.sleep(1)
    after = pss_kib(mta.pid)
    clients.stdin.close()
    clients.wait()
    mta.stop()
    shutil.rmtree(place, ignore_errors=True)
    each = (after - before) / max(1, int(said.split()[1]))
    return f"{said}; {before} KiB before, {after} KiB with them: {each:.1f} KiB per idle session"


def idle_tls(o):
    return subprocess.run([BENCH / "bench_tls_idle", str(o.idle)], check=True, capture_output=True, text=True).stdout.strip()


# ---------------------------------------------------------------- what is told

def note(results, number, row, name, figures):
    results.setdefault((row, name), []).append(figures)
    print(f"round {number + 1} {row:20} {name:8} " + "  ".join(f"{k} {v:.3g}" if k.startswith(("cpu", "load")) else f"{k} {v:.0f}"
                                                              for k, v in figures.items()), flush=True)


def middle(rows, key):
    return statistics.median(r[key] for r in rows)


def cell(rows, key, digits=0):
    values = [r[key] for r in rows]
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def acceptance_table(results):
    lines = ["| KiB | sessions | messages per connection | | imc, /s | Postfix, /s | times | imc, CPU ms | Postfix, CPU ms | load, CPU ms |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for row in ACCEPTANCE:
        if (row, "imc") not in results:
            continue
        mine, theirs = results[row, "imc"], results[row, "postfix"]
        size, sessions, kept, wire = row.split("-")
        served = middle(theirs, "sessions")
        if kept == "many" and served < int(sessions):
            sessions += f" (Postfix: {served:.0f})"
        times = middle(mine, "accepted/s") / middle(theirs, "accepted/s")
        lines.append(f"| {size} | {sessions} | {kept} | {wire} | {cell(mine, 'accepted/s')} | {cell(theirs, 'accepted/s')} | {times:.1f} | "
                     f"{cell(mine, 'cpu ms/msg', 3)} | {cell(theirs, 'cpu ms/msg', 3)} | {middle(mine, 'load ms/msg'):.3f} |")
    return lines


def through_table(results):
    lines = ["| test | MTA | accepted/s | delivered/s | CPU ms/message |", "|---|---|---|---|---|"]
    for test in ("relay", "maildir"):
        for name in ("imc", "postfix"):
            if (test, name) in results:
                rows = results[test, name]
                lines.append(f"| {test} | {name} | {cell(rows, 'accepted/s')} | {cell(rows, 'delivered/s')} | {cell(rows, 'cpu ms/msg', 3)} |")
    if ("relay", "imc") in results:
        times = middle(results["relay", "imc"], "delivered/s") / middle(results["relay", "postfix"], "delivered/s")
        lines += ["", f"* relay: imc {times:.1f} times Postfix"]
    return lines


def write(lines):
    """Between the two marks of the document, nothing else."""
    text = DOCUMENT.read_text()
    begin, end = "<!-- ./dev bench writes from here -->\n", "<!-- to here -->\n"
    if begin not in text or end not in text:
        sys.exit(f"{DOCUMENT}: the marks between which the tables stand are missing")
    front, rest = text.split(begin)
    DOCUMENT.write_text(front + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1])


def chosen(words):
    rows = []
    for word in words.split(","):
        parts = set(word.split("-"))
        found = [word] if word in OTHERS else [r for r in ACCEPTANCE if word == "acceptance" or parts <= set(r.split("-"))]
        if not found:
            sys.exit(f"--rows: there is no row {word}; there are: {', '.join(ACCEPTANCE + OTHERS)}")
        rows += found
    return rows


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--rows", default="acceptance," + ",".join(OTHERS))
    options.add_argument("--seconds", type=float, default=0.6, help="measured, of each acceptance row and round")
    options.add_argument("--warm", type=float, default=0.2, help="before that")
    options.add_argument("--messages", type=int, default=3000, help="of relay and maildir; a third more as warm-up")
    options.add_argument("--sessions", type=int, default=50, help="of relay and maildir")
    options.add_argument("--size", type=int, default=4096, help="of relay and maildir")
    options.add_argument("--idle", type=int, default=10000)
    options.add_argument("--folder", default="/var/tmp", help="on the disk to be measured, not a tmpfs")
    options.add_argument("--write", action="store_true", help="the tables into docs/performance.md")
    o = options.parse_args()
    rows = chosen(o.rows)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    folder = tempfile.mkdtemp(prefix="imc-bench-", dir=o.folder)
    os.chmod(folder, 0o755)
    results, lines = {}, []
    try:
        accepting = [row for row in ACCEPTANCE if row in rows]
        if accepting:
            acceptance(accepting, o, folder, results)
            lines += acceptance_table(results)
        for number in range(o.rounds):
            for test in ("relay", "maildir"):
                for kind in [Imc, Postfix] if number % 2 == 0 else [Postfix, Imc]:
                    if test in rows and (test, kind) != ("maildir", Postfix):
                        note(results, number, test, kind.name, through(kind, o, test, folder))
        if "relay" in rows or "maildir" in rows:
            lines += [""] + through_table(results)
        if "idle" in rows:
            lines += ["* idle: " + idle(o, folder)]
        if "idle-tls" in rows:
            lines += ["* " + idle_tls(o)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    lines = [f"Measured {datetime.date.today()}, {os.cpu_count()} processors; median (min-max) of {o.rounds} rounds:", ""] + lines
    print("\n" + "\n".join(lines))
    if o.write:
        write(lines)


if __name__ == "__main__":
    main()
