#!/usr/bin/python3
"""Every event of kind `event` is raised somewhere in src/, and the commands it names exist."""
import pathlib
import re
import sys

import yaml

TOP = pathlib.Path(__file__).resolve().parent.parent
COMMANDS = {"setup": None, "serve": None, "check": None, "events": None, "stat": None, "explain": None,
            "service": {"start", "stop", "restart", "status"},
            "reg": {"query", "add", "delete", "export", "import", "describe", "backup", "restore"},
            "dir": {"ls", "show", "add", "modify", "delete", "rename", "search", "import", "export", "schema"},
            "queue": {"ls", "show", "retry", "delete"}}


def main():
    code = "\n".join(p.read_text() for p in [*(TOP / "src").rglob("*.cc"), *(TOP / "src").rglob("*.h")])
    raised, bad = set(re.findall(r"EventId::([a-z0-9_]+)", code)), 0
    for path in sorted((TOP / "share/events").glob("*.yaml")):
        for e in yaml.safe_load(path.read_text()) or []:
            if e.get("kind", "event") == "event" and e["name"] not in raised:
                print(f"{path.name}: {e['id']} {e['name']} is never raised")
                bad += 1
            for row in (e.get("causes") or []) + (e.get("remedies") or []):
                words = row.get("command", "").split()
                if not words:
                    continue
                sub = COMMANDS.get(words[1]) if len(words) > 1 and words[0] == "imc" else None
                known = len(words) > 1 and words[0] == "imc" and words[1] in COMMANDS and (sub is None or (len(words) > 2 and words[2] in sub))
                if not known:
                    print(f"{path.name}: {e['id']}: no such command: {row['command']}")
                    bad += 1
    print("events: " + (f"{bad} flaws" if bad else "all are raised, all commands exist"))
    return 1 if bad else 0


sys.exit(main())
