#!/usr/bin/env python3
"""Fuzzes in what is left of the machine, round after round, whichever target has had the least so far, and keeps the account in docs/fuzzing.tsv.

    tools/fuzz_hours.py --build build/asan --for 7200 --jobs 2 --goal 1800

Each round is a process at idle priority; what counts is the processor time it got. A target that found something is not run again until the
finding is removed from build/fuzz/. The corpus stays in build/fuzz/hours/."""
import argparse
import csv
import os
import pathlib
import re
import subprocess
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
LEDGER = TOP / "docs" / "fuzzing.tsv"
FIELDS = ["target", "processor_seconds", "executions", "findings"]
lock = threading.Lock()


def load():
    if not LEDGER.exists():
        return {}
    with LEDGER.open() as file:
        return {row["target"]: row for row in csv.DictReader(file, delimiter="\t")}


def save(rows):
    new = LEDGER.with_suffix(".new")
    with new.open("w") as file:
        out = csv.DictWriter(file, FIELDS, delimiter="\t", lineterminator="\n")
        out.writeheader()
        for name in sorted(rows):
            out.writerow(rows[name])
    new.replace(LEDGER)


def one_round(program, name, seconds):
    """@return processor seconds, executions, whether something was found"""
    work = TOP / "build" / "fuzz"
    corpus = work / "hours" / name
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = TOP / "tests" / "data" / "fuzz" / name
    log = work / f"hours-{name}.log"
    command = [program, f"-max_total_time={seconds}", "-rss_limit_mb=2048", "-timeout=60", "-print_final_stats=1", "-reload=0",
               f"-artifact_prefix={work}/crash-{name}-", str(corpus)] + ([str(seeds)] if seeds.is_dir() else [])
    with log.open("wb") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},
                                 preexec_fn=lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)))
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
    ran = re.search(rb"stat::number_of_executed_units:\s*(\d+)", log.read_bytes())
    return usage.ru_utime + usage.ru_stime, int(ran[1]) if ran else 0, status != 0


def worker(options, running, until):
    while time.monotonic() < until:
        with lock:
            rows = load()
            due = [(float(rows.get(name, {}).get("processor_seconds", 0)), name) for name in options.targets
                   if name not in running and not list((TOP / "build" / "fuzz").glob(f"crash-{name}-*"))]
            due = [d for d in sorted(due) if d[0] < options.goal]
            if not due:
                return
            name = due[0][1]
            running.add(name)
        got, ran, found = one_round(f"{options.build}/tests/{name}_fuzz", name, min(options.round, max(5, int(until - time.monotonic()))))
        with lock:
            if found and not list((TOP / "build" / "fuzz").glob(f"crash-{name}-*")):
                print(f"{name} does not run: build/fuzz/hours-{name}.log", flush=True)
                continue  # it stays among those that run: not again today
            running.discard(name)
            rows = load()
            row = rows.setdefault(name, {"target": name, "processor_seconds": "0", "executions": "0", "findings": "0"})
            row["processor_seconds"] = f"{float(row['processor_seconds']) + got:.0f}"
            row["executions"] = str(int(row["executions"]) + ran)
            row["findings"] = str(int(row["findings"]) + (1 if found else 0))
            save(rows)
            print(f"{name}: {got:.0f} s, {ran} executions{', FOUND SOMETHING: build/fuzz/crash-' + name if found else ''}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/asan")
    parser.add_argument("--for", dest="length", type=int, default=3600, help="seconds")
    parser.add_argument("--round", type=int, default=120, help="seconds")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--goal", type=float, default=1800, help="processor seconds each target is to get")
    options = parser.parse_args()
    options.build = str((TOP / options.build).resolve())
    options.targets = sorted(p.name[:-5] for p in pathlib.Path(options.build, "tests").glob("*_fuzz"))
    autogroup = pathlib.Path("/proc/self/autogroup")  # else a session of its own gets its share, whatever its priority
    if autogroup.exists():
        if os.getsid(0) != os.getpid():
            os.setsid()
        autogroup.write_text("19")
    until, running = time.monotonic() + options.length, set()
    threads = [threading.Thread(target=worker, args=(options, running, until)) for _ in range(options.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
