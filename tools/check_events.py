#!/usr/bin/python3
"""The event catalogue is true: tools/check_events.py [EXECUTABLE]    (default: build/imc)

Every event of kind `event` is raised somewhere in src/ and expected by a test or a scenario; every command it names is one that the
executable has, with its options and as many words as it takes; the values of `imc reg` are of share/registry/.
"""
import functools
import os
import pathlib
import re
import subprocess
import sys

import yaml

TOP = pathlib.Path(__file__).resolve().parent.parent


# ---- commands -----------------------------------------------------------------------------------------

class Command:
    """What `imc WORDS --help` says."""

    def __init__(self, text):
        parts, name = {}, None
        for line in text.splitlines():
            head = re.fullmatch(r"(\[?[A-Za-z][\w -]*\]?):\s*", line)
            if head:
                name = head.group(1).lower()
                parts[name] = []
            elif name and line.startswith("  ") and line[2] != " ":
                parts[name].append(line.strip())
            elif name and not line.strip():
                name = None
        usage = re.search(r"^Usage: (.*)$", text, re.M)
        self.usage = usage.group(1) if usage else ""
        self.commands = [line.split()[0] for line in parts.pop("subcommands", [])]
        positionals = parts.pop("positionals", [])
        self.positionals = 99 if any("..." in line for line in positionals) else len(positionals)
        self.options = {}  # name: whether a value follows
        for line in sum(parts.values(), []):
            names, _, rest = line.partition(" ")
            takes = re.match(r"\s*(\{|\[?[A-Z][A-Z0-9:_-]+\b)", rest.split("  ")[0]) is not None
            for name in names.split(","):
                if name.startswith("-"):
                    self.options[name] = takes
        self.needs_command = bool(self.commands) and re.search(r"(?<!\[)SUBCOMMANDS?$", self.usage) is not None


@functools.cache
def command(executable, words):
    done = subprocess.run([executable, *words, "--help"], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
    return Command(done.stdout) if done.returncode == 0 else None


def flaw(executable, line):
    """Why the line is no command of imc; empty when it is."""
    words = line.split()
    if words[:1] != ["imc"]:
        return "is no command of imc"
    path, rest = (), words[1:]
    here = command(executable, path)
    while rest and rest[0] in here.commands:
        path, rest = (*path, rest[0]), rest[1:]
        here = command(executable, path)
    said = " ".join(("imc", *path))
    if here.needs_command:
        return f"'{said}' has no '{rest[0]}'" if rest else f"'{said}' does nothing by itself"
    left, values = here.positionals, []
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word.startswith("-"):
            if name not in here.options:
                return f"'{said}' has no option {name}"
            if here.options[name] and not equals:
                if not rest:
                    return f"'{said}' wants a value after {name}"
                value = rest.pop(0)
            if said == "imc reg query" and name == "-v":
                values.append(value)
        else:
            if said == "imc reg describe":
                values.append(word)
            left -= 1
            if left < 0:
                return f"'{said}' takes no '{word}'"
    unknown = [value for value in values if value.lower() not in registry_values()]
    return f"share/registry/ has no value {unknown[0]}" if unknown else ""


@functools.cache
def registry_values():
    rows = [row for path in (TOP / "share/registry").glob("*.yaml") for row in yaml.safe_load(path.read_text()) or []]
    return {row["name"].lower() for row in rows}


# ---- tests --------------------------------------------------------------------------------------------

def expected_events():
    """Names that a unit test mentions in an expectation, numbers that a scenario expects."""
    names, numbers = set(), set()
    for path in (TOP / "tests").rglob("*_test.cc"):
        names |= set(re.findall(r"EventId::([a-z0-9_]+)", statements_that_expect(path.read_text())))
    for path in (TOP / "tests/scenario").rglob("*.py"):
        numbers |= {int(n) for n in re.findall(r"\bevents\(\s*(\d+)", path.read_text())}
    for path in (TOP / "tests/scenario").rglob("scenario.yaml"):
        plan = yaml.safe_load(path.read_text())
        for events in (plan["event"], plan.get("also_events", [])):
            for value in events.values() if isinstance(events, dict) else [events]:
                numbers |= set(value if isinstance(value, list) else [value])
    return names, numbers


def statements_that_expect(text):
    """What stands in the brackets of EXPECT_..., ASSERT_... and of the tests' own expect_...()."""
    out = []
    for match in re.finditer(r"\b(?:EXPECT|ASSERT)_\w+\s*\(|\b\w*(?:expect|wants?|flaw|refus)\w*\s*\(", text):
        depth, at = 1, match.end()
        while depth and at < len(text):
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        out.append(text[match.end():at])
    return "\n".join(out)


def categories_without_records():
    """A category whose level one can set, and nothing happens. The protocol log's level is that of its own files."""
    named = re.findall(r'DiagnosticsCategory\{"([^"]+)"', (TOP / "src/event/diagnostics.cc").read_text())
    rows = [e for path in (TOP / "share/events").glob("*.yaml") for e in yaml.safe_load(path.read_text()) or []]
    levelled = {e.get("category") for e in rows if e.get("level", 0) > 0} | {"SMTP Protocol Log"}
    for name in sorted(set(named) - levelled):
        print(f"diagnostics.cc: {name} has no record at any level")
    return len(set(named) - levelled)


def main():
    bad = categories_without_records()
    executable = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else TOP / "build/imc").resolve())
    code = "\n".join(p.read_text() for p in [*(TOP / "src").rglob("*.cc"), *(TOP / "src").rglob("*.h")])
    raised, bad = set(re.findall(r"EventId::([a-z0-9_]+)", code)), bad
    names, numbers = expected_events()
    for path in sorted((TOP / "share/events").glob("*.yaml")):
        for e in yaml.safe_load(path.read_text()) or []:
            flaws = []
            if e.get("kind", "event") == "event":
                if e["name"] not in raised:
                    flaws.append(f"{e['name']} is never raised")
                if e["name"] not in names and e["id"] not in numbers:
                    flaws.append(f"{e['name']} is expected by no test and no scenario")
            for row in (e.get("causes") or []) + (e.get("remedies") or []):
                if row.get("command"):
                    why = flaw(executable, row["command"])
                    if why:
                        flaws.append(f"{row['command']}: {why}")
            for text in flaws:
                print(f"{path.name}: {e['id']}: {text}")
            bad += len(flaws)
    print("events: " + (f"{bad} flaws" if bad else "all are raised and expected, all commands exist"))
    return 1 if bad else 0


sys.exit(main())
