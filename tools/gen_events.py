#!/usr/bin/python3
"""share/events/*.yaml -> base/event_id.h, event/catalogue_data.inc, imc.catalog (journald).

gen_events.py FOLDER OUT
"""
import pathlib
import sys

import yaml

TYPES = {"Information": "information", "Warning": "warning", "Error": "error",
         "Success Audit": "success_audit", "Failure Audit": "failure_audit"}
KINDS = ("event", "service-error", "tracking", "historic")
KEYS = {"id", "kind", "name", "symbol", "type", "category", "template", "meaning", "causes", "remedies", "kb", "level"}


def squeeze(value):
    return " ".join(str("" if value is None else value).split())


def text(value):
    """A C++ string literal."""
    return '"' + squeeze(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def check(e, where):
    if unknown := set(e) - KEYS:
        sys.exit(f"{where}: unknown keys {sorted(unknown)}")
    kind = e.setdefault("kind", "event")
    if kind not in KINDS:
        sys.exit(f"{where}: kind {kind} is none of {', '.join(KINDS)}")
    if e.setdefault("level", 0) not in (0, 1, 3, 5):
        sys.exit(f"{where}: level {e['level']} is none of 0, 1, 3, 5")
    needed = ["id", "symbol", "meaning"]
    if kind == "event":
        needed += ["name", "type", "category", "template", "causes", "remedies"]
    for key in needed:
        if not e.get(key):
            sys.exit(f"{where}: {key} is missing")
    if e.get("type") and e["type"] not in TYPES:
        sys.exit(f"{where}: type {e['type']} is none of {', '.join(TYPES)}")
    for key in ("causes", "remedies"):
        for row in e.get(key) or []:
            if set(row) - {"text", "command"} or not row.get("text"):
                sys.exit(f"{where}: a row of {key} needs text and command, found {row}")
            if kind == "event" and not row.get("command"):
                sys.exit(f"{where}: a row of {key} has no command: {row['text']}")


def load(folder):
    entries, seen = [], {}
    for path in sorted(folder.glob("*.yaml")):
        for e in yaml.safe_load(path.read_text()) or []:
            where = f"{path.name}: {e.get('id', '?')}"
            check(e, where)
            key = (e["kind"], e["id"]) if e["kind"] != "historic" else ("historic", e["symbol"])
            if key in seen:
                sys.exit(f"{where}: {key} stands in {seen[key]} already")
            seen[key] = path.name
            entries.append(e)
    return sorted(entries, key=lambda e: (e["id"], KINDS.index(e["kind"]), e["symbol"]))


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def message_id(number):
    return "5f1c7d0e8a2b4c6d9e3f0000%08x" % number  # event/sinks.cc makes the same


def main():
    entries, out = load(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2])
    events = [e for e in entries if e["kind"] == "event"]
    ids = "".join(f"    {e['name']} = {e['id']},  ///< {e['symbol']}\n" for e in events)
    header = out / "base/event_id.h"
    content = ("#pragma once\n/// The numbers of all events. Generated from share/events/*.yaml.\n#include <cstdint>\n\n"
               "namespace imc {\n\nenum class EventId : std::uint16_t {\n" + ids + "};\n\n}  // namespace imc\n")
    if not header.exists() or header.read_text() != content:
        write(header, content)
    steps, rows = [], []
    for n, e in enumerate(entries):
        spans = []
        for key in ("causes", "remedies"):
            name = f"{key}_{n}"
            items = "".join("{%s, %s}, " % (text(r["text"]), text(r.get("command"))) for r in e.get(key) or [])
            if items:
                steps.append(f"constexpr EventStep {name}[] = {{{items}}};\n")
            spans.append(name if items else "{}")
        rows.append("    EventInfo{%s, EventKind::%s, EventType::%s, %s, %s, %s, %s, %s, %s, %s, %s},\n" % (
            e["id"], e["kind"].replace("-", "_"), TYPES[e.get("type") or "Information"], text(e.get("category")),
            text(e["symbol"]), text(e.get("template")), text(e["meaning"]), *spans, text(e.get("kb")), f'{e["level"]}U'))
    write(out / "event/catalogue_data.inc",
          "".join(steps) + "constexpr EventInfo rows[] = {\n" + "".join(rows) + "};\n")
    catalog = []
    for e in events:
        advice = "".join(f"\n* {squeeze(r['text'])}: {r['command']}" for r in e["remedies"])
        catalog.append(f"-- {message_id(e['id'])}\nSubject: {e['symbol']}\nDefined-By: imc\n"
                       f"Documentation: man:imc-events(7)\n\n{squeeze(e['meaning'])}\n{advice}\n")
    write(out / "imc.catalog", "\n".join(catalog))


main()
