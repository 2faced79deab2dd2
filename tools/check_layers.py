#!/usr/bin/python3
"""Refuses an #include against the order of dependency: src/A may include src/B only when A's CMakeLists.txt says so."""
import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"


def declared():
    uses = {}
    for file in SRC.glob("*/CMakeLists.txt"):
        text = file.read_text()
        match = re.search(r"USES ([a-z ]+)", text)
        names = set(match.group(1).split()) if match else set(re.findall(r"imc_([a-z]+)", text)) - {"flags", "app", "generated", "module"}
        uses[file.parent.name] = names
    return uses


def closure(uses, name, seen=()):
    if name in seen:
        sys.exit(f"a circle: {' -> '.join([*seen, name])}")
    found = {name}
    for other in uses.get(name, ()):
        found |= closure(uses, other, (*seen, name))
    return found


def main():
    uses, bad = declared(), 0
    for module in uses:
        allowed = closure(uses, module)
        for file in [*(SRC / module).rglob("*.h"), *(SRC / module).rglob("*.cc")]:
            for number, line in enumerate(file.read_text().splitlines(), 1):
                match = re.match(r'#include "([a-z]+)/', line)
                if match and match.group(1) in uses and match.group(1) not in allowed:
                    print(f"{file.relative_to(SRC.parent)}:{number}: {module} may not know {match.group(1)}")
                    bad += 1
    print("layers: " + (f"{bad} includes against the order" if bad else "every include follows the order"))
    return 1 if bad else 0


sys.exit(main())
