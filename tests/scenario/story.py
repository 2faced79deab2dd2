"""The 4086 story: something is broken, the service refuses and says why, is mended with one command, and undone.

A folder with scenario.yaml:
  title:    one sentence
  engines:  [embedded, ldap]                    default: both
  ci:       [embedded]                          with --ci only these
  begin:    start                               the service runs once before, so that there is a last good generation
  break:    shell lines ("root: LINE" as root, "stop directory" ...), or a mapping of engine to lines
  event:    number under Error 2140             the record `imc events --id` must show
  also_events: further numbers that must be logged; `says` is a regular expression that the description of all of them fits
  also:     further assertions that must have failed     unjudged: those that must say why they could not be judged
  id:       assertion that decides              with `found`, `expected`, `why`, `where` as regular expressions
  fix:      auto (imc check --fix; default) | printed (the fix line itself) | root (the fix line, as root, and the undo that it names) |
            printed, at the server (the fix line, as root at "start directory without schema", and then `mend`) | none (no fix may be offered)
  mend:     shell lines, when no command of imc can mend it
            id, event, fix, also ... may be a mapping of engine to value, too
  wrapper:  words put in front of the service and of check (faketime ...)
"""
import json
import os
import pathlib
import re
import shutil
import subprocess

import yaml

from kit import *


class World:
    """A template that `imc setup` made once per engine; each scenario works on a copy."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.templates = {}

    def template(self, engine):
        if engine not in self.templates:
            base = self.folder / f"template-{engine}"
            base.mkdir(parents=True)
            os.chmod(base, 0o755)
            if engine == "ldap":
                from kit_slapd import Slapd
                slapd = Slapd(base / "slapd")
                slapd.start()
                connector = Connector(base / "root", slapd.url)
                connector.root.mkdir()
                password = base / "ldap-password"
                password.write_text(slapd.admin_password + "\n")
                password.chmod(0o600)
                give(connector.root)
                give(password)
                connector.setup("--base", slapd.suffix, "--bind-dn", slapd.admin_dn, "--password-file", str(password))
                slapd.stop()
                self.templates[engine] = (base, connector.port, slapd.port)
            else:
                connector = Connector(base / "root")
                connector.setup()
                self.templates[engine] = (base, connector.port, None)
        return self.templates[engine]

    def copy(self, engine, name):
        """A connector like the template, with ports and paths of its own. Returns (connector, slapd or None)."""
        base, port, ldap_port = self.template(engine)
        target = self.folder / name
        subprocess.run(["cp", "-a", str(base), str(target)], check=True)
        root = target / "root"
        slapd = None
        registry = root / "registry.reg"
        text = registry.read_text()
        if engine == "ldap":
            from kit_slapd import Slapd
            slapd = Slapd(target / "slapd", moved_from=base / "slapd")
            slapd.start()
            text = text.replace(f"127.0.0.1:{ldap_port}", f"127.0.0.1:{slapd.port}")
        connector = Connector(root, slapd.url if slapd else "embedded")
        connector.port = free_port()
        registry.write_text(text.replace(str(base / "root"), str(root)))
        connector.imc("reg", "add", "-v", "Listeners", "-t", "MULTI_SZ", "-d", f"127.0.0.1:{connector.port}", "-f")
        return connector, slapd


def lines_of(entry, engine):
    if isinstance(entry, dict):
        entry = entry.get(engine)
    return [entry] if isinstance(entry, str) else list(entry or [])


class Story:
    def __init__(self, world, folder, engine):
        self.world, self.folder, self.engine = world, pathlib.Path(folder), engine
        plan = yaml.safe_load((self.folder / "scenario.yaml").read_text())
        shell = ("break", "mend", "clean")
        chosen = {k: v.get(engine) if isinstance(v, dict) and k not in shell else v for k, v in plan.items()}
        self.plan = {k: v for k, v in chosen.items() if v is not None}

    def do(self, lines):
        for line in lines:
            as_root = isinstance(line, str) and line.startswith("root: ")
            text = line[6:] if as_root else line
            if text == "stop directory":
                self.slapd.stop()
            elif text == "start directory":
                self.slapd.start()
            elif text == "start directory without schema":
                self.bare = self.slapd.without_schema()
            elif text == "stop directory without schema":
                self.bare.stop()
            else:
                self.connector.shell(text, root=as_root)

    def judge(self):
        words = ["check", "--json"]
        done = self.connector.imc(*words, check=False, wrapper=self.wrapper)
        expect(done.returncode == 3, f"imc check ended with {done.returncode}, 3 expected:\n{done.stdout}{done.stderr}")
        verdict = json.loads(done.stdout)
        wanted = self.plan["id"]
        found = [a for a in verdict["assertions"] if a["id"] == wanted and a["status"] == "failed"]
        expect(found, f"no failed assertion {wanted} in the verdict:\n" +
               "\n".join(f"{a['id']}: {a['status']}: {a['why']}" for a in verdict["assertions"] if a["status"] != "passed"))
        a = found[0]
        for key in ("id", "event", "status", "found", "where", "expected", "why", "fix"):
            expect(key in a, f"assertion {wanted} has no {key}")
        expect(a["where"] and a["why"] and a["expected"], f"assertion {wanted} leaves where, why or expected open: {a}")
        state = {b["id"]: b for b in verdict["assertions"] if b["status"] in ("failed", "not evaluated")}
        for other in self.plan.get("also", []):
            expect(other in state and state[other]["status"] == "failed", f"{other} must have failed as well: {state.get(other)}")
        for other in self.plan.get("unjudged", []):
            expect(other in state and state[other]["status"] == "not evaluated" and state[other]["why"],
                   f"{other} must say why it could not be judged: {state.get(other)}")
        for key in ("found", "where", "expected", "why"):
            if key in self.plan:
                expect(re.search(self.plan[key], a[key]), f"{key} of {wanted} is {a[key]!r}, /{self.plan[key]}/ expected")
        return a, verdict

    def run(self):
        name = f"{self.folder.name}-{self.engine}"
        self.connector, self.slapd = self.world.copy(self.engine, name)
        self.connector.env["PORT"] = str(self.connector.port)
        self.wrapper = self.plan.get("wrapper", "").split()
        if self.plan.get("plain"):  # a wrapper that cannot live with the sanitizers
            self.connector.executable = PLAIN
        try:
            self.tell()
        finally:
            if self.connector.process is not None:
                self.connector.process.kill()
                self.connector.process.wait()
            for line in lines_of(self.plan.get("clean"), self.engine):
                self.connector.shell(line.removeprefix("root: "), check=False, root=True)
            if self.slapd:
                self.slapd.stop()
        shutil.rmtree(self.world.folder / name, ignore_errors=True)

    def tell(self):
        event = self.plan["event"]
        if self.plan.get("begin") == "start":
            self.connector.start()
            self.connector.stop()
        self.do(lines_of(self.plan["break"], self.engine))
        said = self.connector.refused(wrapper=self.wrapper)
        expect("Error 2140" in said, f"the service did not print Error 2140:\n{said}")
        expect(str(event) in said, f"event {event} is not in what the service printed:\n{said}")
        if not self.plan.get("no_log"):
            for number in (event, *self.plan.get("also_events", [])):
                records = self.connector.events(number)
                expect(records, f"imc events --id {number} shows no record")
                expect(any(re.search(self.plan.get("says", ""), r["description"]) for r in records),
                       f"no record {number} says /{self.plan.get('says')}/: {records}")
        a, verdict = self.judge()
        expect(verdict["event"] == event, f"event {verdict['event']} decides, {event} expected")
        self.mend(a)

    def mend(self, a):
        how = self.plan.get("fix", "auto")
        if how == "none":
            expect(not a["fix"], f"a fix is offered although none can be known: {a['fix']}")
        if lines_of(self.plan.get("mend"), self.engine):
            if how == "printed, at the server":
                self.print_at_the_server(a)
            self.do(lines_of(self.plan["mend"], self.engine))
            self.starts()
            return
        if how == "root":
            fix = re.fullmatch(r"(.*\S)  \(as root; undo: (.*)\)", a["fix"])
            expect(fix, f"no fix with its undo, for root: {a['fix']}")
            self.connector.shell(fix[1], root=True)
            self.starts()
            self.connector.shell(fix[2], root=True)
            self.fails_again()
            return
        expect(a["fix"], f"no fix offered: {a}")
        if how == "printed":
            done = self.connector.shell(a["fix"].split("  (")[0])
        else:
            done = self.connector.imc("check", "--fix", wrapper=self.wrapper)
        last = done.stdout.strip().splitlines()[-1]
        expect(last.startswith("Undo: "), f"the last line is no Undo: line:\n{done.stdout}")
        self.starts()
        self.connector.shell(last[len("Undo: "):])
        self.fails_again()

    def print_at_the_server(self, a):
        """The fix line as whoever manages the server runs it there; our slapd's socket is elsewhere. What is empty beside it stays so."""
        expect("ldapi:///" in a["fix"], f"a command for the server: {a['fix']}")
        self.connector.shell(a["fix"].replace("ldapi:///", self.bare.facts["ldapi"]), root=True)
        done = self.connector.imc("check", "--json", check=False, wrapper=self.wrapper)
        still = [b for b in json.loads(done.stdout)["assertions"] if b["id"] == a["id"] and a["found"] in b["found"]]
        expect(not still, f"after {a['fix']}: {still}")

    def fails_again(self):
        # The failure is back, and not some other one of the same assertion.
        _, verdict = self.judge()
        expect(verdict["event"] == self.plan["event"], f"after the undo event {verdict['event']} decides")
        said = self.connector.refused(wrapper=self.wrapper)
        expect("Error 2140" in said and str(self.plan["event"]) in said, f"after the undo the service printed:\n{said}")

    def starts(self):
        self.connector.start()
        wait_for(lambda: self.connector.events(1000), "event 1000 in the log")
        self.connector.stop()
