#!/usr/bin/python3
"""share/events/*.yaml -> base/event_id.h, event/catalogue_data.inc, imc.catalog (journald)."""
import pathlib
import sys

import yaml

TYPES = {"Information": "information", "Warning": "warning", "Error": "error",
         "Success Audit": "success_audit", "Failure Audit": "failure_audit"}


def text(value):
    """A C++ string literal."""
    value = " ".join(str(value or "").split())
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def load(folder):
    entries = []
    for path in sorted(folder.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text()) or []:
            entry["file"] = path.name
            entries.append(entry)
    return entries


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != content:
        path.write_text(content)
    else:
        path.touch()


def steps(rows):
    return "|".join(f"{r['text']}\x1f{r.get('command', '')}" for r in rows or [])


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    entries = load(folder)
    seen = {}
    for e in entries:
        key = (e.get("kind", "event"), e["id"])
        if key in seen:
            sys.exit(f"{e['file']}: {key} stands in {seen[key]} already")
        seen[key] = e["file"]
    events = sorted((e for e in entries if e.get("kind", "event") == "event"), key=lambda e: e["id"])
    ids = "".join(f"    {e['name']} = {e['id']},  ///< {e['symbol']}\n" for e in events)
    write(out / "base/event_id.h",
          "#pragma once\n/// The numbers of all events. Generated from share/events/*.yaml.\n"
          "#include <cstdint>\n\nnamespace imc {\n\nenum class EventId : std::uint16_t {\n"
          + ids + "};\n\n}  // namespace imc\n")
    rows = []
    for e in sorted(entries, key=lambda e: (e["id"], e.get("kind", "event"))):
        rows.append("    EventInfo{%s, EventKind::%s, EventType::%s, %s, %s, %s, %s, %s, %s, %s},\n" % (
            e["id"], e.get("kind", "event").replace("-", "_"), TYPES[e.get("type") or "Information"],
            text(e.get("category")), text(e["symbol"]), text(e.get("template")), text(e.get("meaning")),
            text(steps(e.get("causes"))).replace("\x1f", "\\x1f\" \""),
            text(steps(e.get("remedies"))).replace("\x1f", "\\x1f\" \""), text(e.get("kb"))))
    write(out / "event/catalogue_data.inc", "".join(rows))
    write(out / "imc.catalog", "")


main()
