#!/usr/bin/python3
"""Old bugs stay shown: tools/check_regressions.py

tests/data/regressions.tsv names for each id of the regression list, area by area, where it is shown not to be ours:

    golden                  tests/data/golden/ID.txt, a dialogue
    message                 tests/data/corpora/regressions/ID.eml, which scenario 102 brings octet for octet
    tests/X_test.cc S.N     a unit test; its file speaks of the id
    scenario NNN            a folder of tests/scenario/ whose files speak of the id
    issue N: WHY            not yet ours
    not ours: WHY           the situation cannot exist here

Several are separated by "; ". What is named must be there, and each message of that folder must be named. tests/data/regression-ids.tsv
has the ids and areas of the whole list: each has its row, with the area that it has there.
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
TABLE = TOP / "tests" / "data" / "regressions.tsv"
LIST = TOP / "tests" / "data" / "regression-ids.tsv"
GOLDEN = TOP / "tests" / "data" / "golden"
MESSAGES = TOP / "tests" / "data" / "corpora" / "regressions"


def speaks_of(text, regression):
    return re.search(rf"(?<![\w-]){re.escape(regression)}(?![\w-])", text) is not None


def scenario_flaw(number, regression):
    folders = [f for f in (TOP / "tests" / "scenario").glob(f"{number}-*") if f.is_dir()]
    if len(folders) != 1:
        return f"{len(folders)} scenarios {number}, one expected"
    if any(speaks_of(f.read_text(errors="replace"), regression) for f in folders[0].rglob("*") if f.is_file() and f.suffix != ".pyc"):
        return ""
    return f"no file of {folders[0].name} speaks of it"


def unit_test_flaw(file, suite, name, regression):
    path = TOP / file
    if not path.is_file():
        return f"{file} is not there"
    text = path.read_text()
    if not re.search(rf"^TEST(?:_F|_P)?\({suite},\s*{name}\)", text, re.M):
        return f"{file} has no test {suite}.{name}"
    return "" if speaks_of(text, regression) else f"{file} does not speak of it"


def flaw(regression, where):
    """Why `where` is no proof; empty when it is one."""
    if where == "golden":
        return "" if (GOLDEN / f"{regression}.txt").is_file() else f"no golden dialogue {regression}.txt"
    if where == "message":
        return "" if (MESSAGES / f"{regression}.eml").is_file() else f"no message {regression}.eml"
    if match := re.fullmatch(r"scenario (\d{3})", where):
        return scenario_flaw(match.group(1), regression)
    if match := re.fullmatch(r"(tests/\S+_test\.cc) (\w+)\.(\w+)", where):
        return unit_test_flaw(*match.groups(), regression)
    if re.fullmatch(r"issue \d+: \S.*", where) or re.fullmatch(r"not ours: \S+ \S+ \S.*", where):
        return ""
    return f'"{where}" names no test'


def whole_list(flaws):
    """Area by id."""
    head, *rows = LIST.read_text().splitlines()
    if head != "id\tarea":
        flaws.append(f'{LIST.name}: "{head}" found as the first line, id, area expected')
    areas = {}
    for number, row in enumerate(rows, 2):
        cells = row.split("\t")
        if len(cells) != 2 or not all(cells):
            flaws.append(f"{LIST.name}:{number}: \"{row}\" found, an id and an area expected")
        elif areas.setdefault(*cells) != cells[1] or len(areas) != number - 1:
            flaws.append(f"{LIST.name}:{number}: {cells[0]} stands twice")
    return areas


def main():
    flaws, seen, later, others = [], set(), 0, 0
    areas = whole_list(flaws)
    head, *rows = TABLE.read_text().splitlines()
    if head != "id\tarea\twhere":
        flaws.append(f'{TABLE.name}: "{head}" found as the first line, id, area, where expected')
    for number, row in enumerate(rows, 2):
        cells = row.split("\t")
        if len(cells) != 3:
            flaws.append(f"{TABLE.name}:{number}: {len(cells)} columns, three expected")
            continue
        regression, area, where = cells
        if regression in seen:
            flaws.append(f"{TABLE.name}:{number}: {regression} stands twice")
        seen.add(regression)
        if areas.get(regression) != area:
            flaws.append(f"{TABLE.name}:{number}: {regression} of {area}: {LIST.name} has {areas.get(regression, 'no such id')}")
        later += where.startswith("issue ")
        others += where.startswith("not ours: ")
        # A reason may hold a semicolon.
        places = [where] if where.startswith(("issue ", "not ours: ")) else where.split("; ")
        flaws += [f"{TABLE.name}:{number}: {regression}: {said}" for place in places if (said := flaw(regression, place))]
    flaws += [f"{regression} of {LIST.name} has no row in {TABLE.name}: name the test that shows it, or say \"not ours: WHY\""
              for regression in areas if regression not in seen]
    flaws += [f"{file.name} is a message that no row of {TABLE.name} names"
              for file in sorted(MESSAGES.glob("*.eml")) if file.stem not in seen]
    for line in flaws:
        print(line)
    print(f"regressions: {len(flaws)} flaws" if flaws else f"regressions: {len(seen) - later - others} shown, {later} left to other issues, {others} not ours")
    return 1 if flaws else 0


sys.exit(main())
