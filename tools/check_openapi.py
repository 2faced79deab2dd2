#!/usr/bin/python3
"""Every path that the sources add to the server stands in share/api/openapi.yaml, and the other way round."""
import pathlib
import re
import sys

import yaml

top = pathlib.Path(__file__).resolve().parent.parent
NOT_OF_THE_API = {"/metrics", "/link/{code}"}


def routes():
    found = set()
    for source in sorted((top / "src").rglob("*.cc")):
        text = source.read_text()
        for method, path in re.findall(r'(?:\badd|\.change)\(\s*"([A-Z]+)",\s*"(/[^"]*)"', text):
            found.add((method, path))
        for path in re.findall(r'(?:\.read|\badd)\(\s*"(/api/v1/[^"]*)"', text):
            found.add(("GET", path))
        for path in re.findall(r'\.ask\(\s*"(/api/v1/[^"]*)"', text):
            found.add(("POST", path))
        if '"/api/v1/queue/" +' in text:  # a verb each
            for verb in "retry hold release reroute expire bounce delete undelete".split():
                found.add(("POST", f"/api/v1/queue/{verb}"))
    return {(method, path) for method, path in found if path not in NOT_OF_THE_API and path != "/api/v1/queue/"}


def described():
    table = yaml.safe_load((top / "share/api/openapi.yaml").read_text())
    return {(method, "/api/v1" + path) for path, methods in table["paths"].items() for method in methods}


def main():
    here, there = routes(), described()
    for method, path in sorted(here - there):
        print(f"{method} {path} is answered, and does not stand in share/api/openapi.yaml")
    for method, path in sorted(there - here):
        print(f"{method} {path} stands in share/api/openapi.yaml, and nobody answers it")
    sys.exit(1 if here != there else 0)


main()
