#!/usr/bin/python3
"""./dev bench: imc and Postfix, alternating rounds of one run, on loopback, both syncing before 250.

  SIZE-SESSIONS-one|many-plain|tls   acceptance, delivery held: bench/load.cc -> MTA; KiB, sessions at once, a
               connection for each message or kept: messages/s and CPU ms per message
  relay-4, relay-64   smtp-source -> MTA -> sink, KiB: the same, counted when the sink has said 250; relay is both
  maildir      smtp-source -> imc -> Maildir
  spool        held mail into the spool, and the same octets appended to segments and synced by a program that does nothing else (bench/append.cc)
  queue        a million messages that wait: memory, a start, the first page, the rate at which others leave beside them, the cost of one more
  idle         sessions that said EHLO and then nothing: memory per session
  idle-tls     the same under TLS 1.3: our stream and OpenSSL alone, clients in another process

  --rows 4-100-many-plain,relay   only these; parts may be left out: 4-100 is four rows, acceptance is all
  --write                         puts the tables into docs/performance.md, and what can be drawn of them beside it (performance.svg)
"""
import argparse
import datetime
import os
import pathlib
import re
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
THROUGH = ["relay-4", "relay-64", "maildir"]
OTHERS = [*THROUGH, "spool", "queue", "idle", "idle-tls"]
BENCH = IMC.parent.parent.parent / "bench"
DOCUMENT = PROJECT / "docs" / "performance.md"
PLOT = DOCUMENT.with_suffix(".svg")


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


def load(mta, o, sink, recipient, size, warm):
    messages = (o.messages // 3 if warm else o.messages) // 2 * 2
    goal = (sink.count() if sink else 0) + messages
    before = mta.delivered() if not sink else None
    cpu, begin = cpu_seconds(mta.pid), time.monotonic()
    sources, messages = source(mta.port, messages, o.sessions, size, recipient)
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


def through(kind, o, row, folder):
    place = pathlib.Path(tempfile.mkdtemp(dir=folder))
    os.chmod(place, 0o755)
    test, _, kib = row.partition("-")
    size = int(kib or 4) * 1024
    sink = Sink(place) if test == "relay" else None
    mta = kind(place, test, sink)
    recipient = "administrator@bench.example" if test == "maildir" else "someone@dest.example"
    try:
        load(mta, o, sink, recipient, size, True)
        return load(mta, o, sink, recipient, size, False)
    finally:
        mta.stop()
        if sink:
            sink.stop()
        shutil.rmtree(place, ignore_errors=True)


# ---------------------------------------------------------------- spool and queue

def spool(o, folder):
    """Our spool and the plain program in turn, on the same disk: messages/s, then octets written to the device for one of a message."""
    results = {}
    for number in range(o.rounds):
        for name, words in (("spool", ["bench_spool_enqueue", "PLACE", 4096, 256, 60000]), ("append", ["bench_append", "PLACE", "fallocate", "direct", 4096, 256, 240])):
            place = tempfile.mkdtemp(dir=folder)
            said = subprocess.run([str(w).replace("PLACE", place) for w in [BENCH / words[0], *words[1:]]], check=True, capture_output=True, text=True).stdout
            shutil.rmtree(place)
            note(results, number, "spool", name, {"stored/s": float(re.search(r"([\d.]+) messages/s", said)[1]),
                                                  "octets": float(re.search(r"([\d.]+) octets written per octet", said)[1])})
    mine, plain = results["spool", "spool"], results["spool", "append"]
    share = statistics.median(a["stored/s"] / b["stored/s"] for a, b in zip(mine, plain))
    return [f"* spool, 4 KiB: {cell(mine, 'stored/s')} messages/s, {100 * share:.0f} % of what bench_append does ({cell(plain, 'stored/s')}); "
            f"{middle(mine, 'octets'):.2f} octets to the device for each of a message"]


def queue():
    """Lines of "what is told    figure", and the cost of a message as the queue grows."""
    said = subprocess.run([BENCH / "bench_queue_scale", "1000000"], check=True, capture_output=True, text=True).stdout
    print(said, flush=True)
    cost = {int(n): float(us) for n, us in re.findall(r"tried and deferred to +(\d+): +([\d.]+) us", said)}
    return ["", "A million messages that wait (`bench_queue_scale`; the spool keeps nothing there, the queue alone is measured):", "",
            *("    " + line for line in said.strip().splitlines())], cost


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
    for test in THROUGH:
        for name in ("imc", "postfix"):
            if (test, name) in results:
                rows = results[test, name]
                lines.append(f"| {test} | {name} | {cell(rows, 'accepted/s')} | {cell(rows, 'delivered/s')} | {cell(rows, 'cpu ms/msg', 3)} |")
    lines.append("")
    for test in ("relay-4", "relay-64"):
        if (test, "imc") in results:
            times = middle(results[test, "imc"], "delivered/s") / middle(results[test, "postfix"], "delivered/s")
            lines.append(f"* {test}: imc {times:.1f} times Postfix")
    return lines


def bars(x, title, unit, values, most):
    """One group of the drawing: (name, value, colour) side by side, from x on."""
    out = [f'<text x="{x}" y="24" class="title">{title}</text>']
    for n, (name, value, colour) in enumerate(values):
        height = 150 * value / most
        left = x + 50 * n
        out += [f'<rect x="{left}" y="{200 - height:.1f}" width="36" height="{height:.1f}" fill="{colour}"/>',
                f'<text x="{left + 18}" y="{194 - height:.1f}" class="value">{value:,.3g}</text>' if value < 1000 else
                f'<text x="{left + 18}" y="{194 - height:.1f}" class="value">{value:,.0f}</text>',
                f'<text x="{left + 18}" y="216" class="name">{name}</text>']
    return out + [f'<text x="{x}" y="240" class="unit">{unit}</text>']


def draw(results, cost):
    """Relay beside Postfix, and what one more message costs in a queue that grows."""
    ours, theirs, plain = "#2563a8", "#a8a29e", "#2563a8"
    out, x = [], 20
    for row in ("relay-4", "relay-64"):
        if (row, "imc") in results:
            pair = [(name, middle(results[row, name], "delivered/s"), colour) for name, colour in (("imc", ours), ("postfix", theirs))]
            out += bars(x, f"{row} KiB", "messages/s, delivered", pair, max(value for _, value, _ in pair))
            x += 170
    if cost:
        out += bars(x, "One more message in the queue", "processor, microseconds, with so many waiting",
                    [(f"{n:,}" if n < 1000 else f"{n // 1000:,}k", us, plain) for n, us in sorted(cost.items())], max(cost.values()))
        x += 60 * len(cost) + 80
    style = "text{font:12px sans-serif;fill:#444}.title{font-weight:bold}.value,.name{text-anchor:middle}.unit{fill:#777}"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{x}" height="252" viewBox="0 0 {x} 252"><style>{style}</style>'
            f'<rect width="{x}" height="252" fill="#fff"/>' + "".join(out) + "</svg>\n")


def write(lines, drawing):
    """Between the two marks of the document, nothing else."""
    PLOT.write_text(drawing)
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
        found = [word] if word in OTHERS else ["relay-4", "relay-64"] if word == "relay" else [r for r in ACCEPTANCE if word == "acceptance" or parts <= set(r.split("-"))]
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
    options.add_argument("--idle", type=int, default=10000)
    options.add_argument("--folder", default="/var/tmp", help="on the disk to be measured, not a tmpfs")
    options.add_argument("--write", action="store_true", help="the tables into docs/performance.md")
    o = options.parse_args()
    rows = chosen(o.rows)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    folder = tempfile.mkdtemp(prefix="imc-bench-", dir=o.folder)
    os.chmod(folder, 0o755)
    results, lines, cost = {}, [], {}
    try:
        accepting = [row for row in ACCEPTANCE if row in rows]
        if accepting:
            acceptance(accepting, o, folder, results)
            lines += acceptance_table(results)
        for number in range(o.rounds):
            for test in THROUGH:
                for kind in [Imc, Postfix] if number % 2 == 0 else [Postfix, Imc]:
                    if test in rows and (test, kind) != ("maildir", Postfix):
                        note(results, number, test, kind.name, through(kind, o, test, folder))
        if any(row in rows for row in THROUGH):
            lines += [""] + through_table(results)
        if "spool" in rows:
            lines += spool(o, folder)
        if "idle" in rows:
            lines += ["* idle: " + idle(o, folder)]
        if "idle-tls" in rows:
            lines += ["* " + idle_tls(o)]
        if "queue" in rows:
            told, cost = queue()
            lines += told
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    lines = [f"Measured {datetime.date.today()}, {os.cpu_count()} processors; median (min-max) of {o.rounds} rounds:", ""] + lines
    print("\n" + "\n".join(lines))
    if o.write:
        write(lines, draw(results, cost))


if __name__ == "__main__":
    main()
