#!/usr/bin/python3
"""Runs scenarios: tests/scenario/run.py [--ci] [--engine E] [--seed N] [NAME...]    NAME is a folder, or the beginning of one.

A folder holds scenario.yaml (a story of refusal and mending, see story.py) or scenario.py with `def run(folder)`, or with
`def run(c, slapd)`: then it is run with either engine, on a connector that setup made (slapd is None with the embedded one).
A scenario.py with `CI = False` is left out by --ci.
Ends with 'N passed, N failed'.
"""
import argparse
import importlib.util
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import kit  # noqa: E402
import story  # noqa: E402


def jobs_of(names, engine, quick):
    jobs = []
    for folder in sorted(p for p in HERE.iterdir() if p.is_dir()):
        if names and not any(folder.name == n or folder.name.startswith(n) for n in names):
            continue
        if (folder / "scenario.yaml").exists():
            plan = yaml.safe_load((folder / "scenario.yaml").read_text())
            engines = plan.get("engines", ["embedded", "ldap"])
            for e in plan.get("ci", engines) if quick else engines:
                if engine in (None, e):
                    jobs.append((f"{folder.name} [{e}]", folder, e))
        elif (folder / "scenario.py").exists():
            text = (folder / "scenario.py").read_text()
            if quick and "\nCI = False" in text:
                continue
            if "\ndef run(c, slapd):" in text:
                jobs += [(f"{folder.name} [{e}]", folder, e) for e in ("embedded", "ldap") if engine in (None, e)]
            else:
                jobs.append((folder.name, folder, None))
    return jobs


def run_with(world, folder, engine):
    name = f"{folder.name[:30]}-{engine}"
    c, slapd = world.copy(engine, name)
    try:
        module_of(folder).run(c, slapd)
        c.stop()
    finally:
        if c.process is not None:
            c.process.kill()
            c.process.wait()
        if slapd:
            slapd.stop()
    shutil.rmtree(world.folder / name, ignore_errors=True)


def module_of(folder):
    spec = importlib.util.spec_from_file_location("scenario_" + folder.name.replace("-", "_"), folder / "scenario.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_python(folder, work):
    module = module_of(folder)
    place = pathlib.Path(tempfile.mkdtemp(dir=work, prefix=folder.name[:20] + "-"))
    os.chmod(place, 0o755)
    module.run(place)
    shutil.rmtree(place, ignore_errors=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--ci", action="store_true", help="the shorter form: 20 kills instead of 50, stories that ask no directory with one engine")
    options.add_argument("--engine", choices=["embedded", "ldap"])
    options.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1)  # they wait more than they work
    options.add_argument("--seed", help="of what is made by chance; the same is made of the same one (1 unless said)")
    options.add_argument("--keep", action="store_true", help="leave the working folder behind")
    options.add_argument("names", nargs="*")
    chosen = options.parse_args()
    if chosen.seed:
        os.environ["IMC_SEED"] = chosen.seed
    os.environ.setdefault("IMC_KILLS", "20" if chosen.ci else "50")
    work = pathlib.Path(tempfile.mkdtemp(prefix="imc-scenario-"))
    os.chmod(work, 0o755)
    world = story.World(work)
    jobs = jobs_of([n for n in chosen.names if n != "all"], chosen.engine, chosen.ci)
    if not jobs:
        sys.exit(f"no scenario of this name: {' '.join(chosen.names)}")
    for engine in {e for _, _, e in jobs if e}:
        world.template(engine)
    lock, results, pending = threading.Lock(), [], list(jobs)

    def worker():
        while True:
            with lock:
                if not pending:
                    return
                name, folder, engine = pending.pop(0)
            begin, failure = time.monotonic(), None
            try:
                if engine and not (folder / "scenario.yaml").exists():
                    run_with(world, folder, engine)
                elif engine:
                    story.Story(world, folder, engine).run()
                else:
                    run_python(folder, work)
            except kit.Failure as e:
                failure = str(e)
            except BaseException:  # noqa: BLE001 - a broken scenario is a failed one, sys.exit included
                failure = traceback.format_exc()
            with lock:
                results.append(failure is None)
                print(f"{'ok    ' if failure is None else 'FAILED'} {name} ({time.monotonic() - begin:.1f} s)"
                      f"  [{len(results)}/{len(jobs)}]", flush=True)
                if failure:
                    print("    " + failure.replace("\n", "\n    "), flush=True)

    threads = [threading.Thread(target=worker) for _ in range(max(1, chosen.jobs))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if not chosen.keep:
        shutil.rmtree(work, ignore_errors=True)
    else:
        print("kept:", work)
    failed = len(jobs) - results.count(True)
    print(f"{len(jobs) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
