#!/usr/bin/python3
"""The manual's HTML is whole: tools/check_help.py [EXECUTABLE]

Every link and anchor leads somewhere, every event and registry value has its anchor, nothing is loaded from elsewhere or stands inline (the
server's Content-Security-Policy allows neither), and the whole is small enough for the executable. With an executable also what it fills in.
"""
import gzip
import html.parser
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import gen_help

MOST = 400 * 1024  # octets, compressed, without pictures
MOST_PICTURES = 200 * 1024
FRAME = {"man.html"}


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.flaws, self.open = set(), [], [], [], []
        self.feed(text)
        if self.open:
            self.flaws.append(f"<{self.open[-1]}> is not closed")

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            if attrs["id"] in self.ids:
                self.flaws.append(f"the anchor {attrs['id']} stands twice")
            self.ids.add(attrs["id"])
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        self.loads += [attrs[name] for name in ("src", "href") if name in attrs and tag != "a"]
        self.flaws += [f"<{tag} {name}> stands inline" for name in attrs if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in attrs):
            self.flaws.append(f"<{tag}> stands inline")
        if tag == "a" and "a" in self.open:
            self.flaws.append(f"a link in a link: {attrs.get('href')}")
        if tag not in ("meta", "link", "br", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.flaws.append(f"</{tag}> closes nothing, line {self.getpos()[0]}")
            self.open = []


def flaws_of(name, page, pages, there, whole):
    yield from page.flaws
    for link in page.links + page.loads:
        address = link.removeprefix("/help/") if name == "404.html" else link
        if address.startswith(("https://", "http://")) and link in page.links:
            continue
        file, _, anchor = address.partition("#")
        if not whole and file.startswith("man-"):
            continue  # the executable has it
        target = pages.get(file or name)
        if target is None and file not in there:
            yield f"leads to {link}, which is not there"
        elif anchor and target is not None and anchor not in target.ids and (whole or not anchor.startswith("imc")):
            yield f"leads to {link}, and {file or name} has no such anchor"


def pieces_of(executable, folder):
    subprocess.run([executable, "manual", "--html", "--out", folder], check=True, timeout=60, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
    return {path.stem: path.read_text() for path in pathlib.Path(folder).glob("*.html")}


def pages_of_the_web():
    """The manual's pages that the Administrator's pages lead to."""
    for path in (gen_help.TOP / "web/src").rglob("*.ts*"):
        for name in re.findall(r"""(?:'|to="|to={`)([\w-]+\.html)""", path.read_text()):
            yield path.name, name


def judge(out, whole):
    """What is wrong with the pages in the folder, a line each."""
    pages = {path.name: Page(path.read_text()) for path in out.glob("*.html")}
    there = {path.name for path in out.iterdir()}
    for name in sorted(pages.keys() - FRAME):
        for flaw in flaws_of(name, pages[name], pages, there, whole):
            yield f"{name}: {flaw}"
    for event in gen_help.load("share/events"):
        if str(event["id"]) not in pages["events.html"].ids:
            yield f"events.html: no anchor for {event['id']}"
    for value in gen_help.load("share/registry"):
        if value["name"] not in pages["registry.html"].ids:
            yield f"registry.html: no anchor for {value['name']}"
    for source, name in pages_of_the_web():
        if name not in pages:
            yield f"{source}: leads to {name}, which the manual does not have"
    if whole:
        # What the executable fills in is looked for in what search.html has of it.
        sections = {tuple(link.partition("#")[::2]) for link in pages["search.html"].links}
        for name in sorted(name for name in pages.keys() - FRAME if name.startswith("man-")):
            if not any(page == name and anchor for page, anchor in sections):
                yield f"search.html: finds nothing in {name}"
    for path in sorted(out.glob("*.html")) if whole else []:
        if gen_help.MARK.search(path.read_text()):
            yield f"{path.name}: a mark that the executable does not fill: {gen_help.MARK.search(path.read_text()).group(1)}"
    pictures = {path for path in out.iterdir() if path.suffix == ".png"}
    size = sum(len(gzip.compress(path.read_bytes(), 9)) for path in out.iterdir() if path not in pictures)
    if size > MOST and not whole:
        yield f"the manual has {size} octets compressed, {MOST} are allowed"
    size = sum(path.stat().st_size for path in pictures)
    if size > MOST_PICTURES:
        yield f"the manual's pictures have {size} octets, {MOST_PICTURES} are allowed"
    # Of each picture in docs/ the page shows it: none is left out in silence.
    shown = {load for page in pages.values() for load in page.loads}
    for path in sorted((gen_help.TOP / "docs/manual/images").iterdir()):
        if path.name not in shown:
            yield f"docs/manual/images/{path.name} is on no page"


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        runs = [{}]
        if len(sys.argv) > 1:
            runs.append(pieces_of(sys.argv[1], os.path.join(folder, "pieces")))
        for pieces in runs:
            out = pathlib.Path(folder) / "out"
            manual = gen_help.Manual(pieces)
            manual.gather()
            gen_help.write(manual, out)
            for flaw in judge(out, bool(pieces)):
                print(flaw)
                bad += 1
            if re.search(r"@[A-Z]+@", (out / "index.html").read_text()):
                print("index.html: a place of page.html was not filled")
                bad += 1
    print("manual: " + (f"{bad} flaws" if bad else "every link leads somewhere"))
    return 1 if bad else 0


sys.exit(main())
