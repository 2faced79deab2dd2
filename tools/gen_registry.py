#!/usr/bin/python3
"""share/registry/*.yaml -> registry/values_data.inc: the one table of values."""
import pathlib
import sys

import yaml

TYPES = {"SZ": "sz", "EXPAND_SZ": "expand_sz", "DWORD": "dword", "QWORD": "qword", "MULTI_SZ": "multi_sz", "BINARY": "binary"}
KEYS = {"name", "type", "unit", "min", "max", "choices", "default", "reader", "effect", "text", "kb", "aliases"}


def text(value):
    value = " ".join(str("" if value is None else value).split())
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    rows, seen = [], {}
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
        for row in yaml.safe_load(path.read_text()) or []:
            where = f"{path.name}: {row.get('name', '?')}"
            if unknown := set(row) - KEYS:
                sys.exit(f"{where}: unknown keys {sorted(unknown)}")
            for key in ("name", "type", "reader", "effect", "text"):
                if not row.get(key):
                    sys.exit(f"{where}: {key} is missing")
            if row["type"] not in TYPES:
                sys.exit(f"{where}: type {row['type']} is not known")
            if row["name"].lower() in seen:
                sys.exit(f"{where}: stands in {seen[row['name'].lower()]} already")
            seen[row["name"].lower()] = path.name
            number = row["type"] in ("DWORD", "QWORD")
            top = 0xFFFFFFFF if row["type"] == "DWORD" else 0xFFFFFFFFFFFFFFFF
            rows.append((row["name"].lower(), "ValueInfo{%s, Type::%s, %s, %sU, %sU, %s, %s, %s, %s, %s, %s, %s},\n" % (
                text(row["name"]), TYPES[row["type"]], text(row.get("unit")), row.get("min", 0) if number else 0,
                row.get("max", top) if number else 0, text(" ".join(row.get("choices", []))), text(row.get("default")),
                text(row["reader"]), text(row["effect"]), text(row["text"]), text(row.get("kb")),
                text(" ".join(row.get("aliases", []))))))
    out = pathlib.Path(sys.argv[2]) / "registry/values_data.inc"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("".join(line for _, line in sorted(rows)))


main()
