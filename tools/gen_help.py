#!/usr/bin/python3
"""docs/ and share/ -> the manual as HTML: tools/gen_help.py OUT [--pieces DIR]

The pages need no script, nothing from elsewhere, and lie in one folder, so that they can be read from a disk, too. The executable has them
below /help/ (tools/gen_pages.py). What only the executable knows, its commands and the fields of the property pages, has a mark in its place,
"<!--imc:NAME-->", which the service fills in (src/admin/pages.h). With --pieces the marks are filled here, from what
`imc manual --html --out DIR` wrote: so ./dev manual does.
"""
import html
import json
import pathlib
import re
import shutil
import sys

import yaml

from manual import markdown, tables

TOP = pathlib.Path(__file__).resolve().parent.parent
HERE = TOP / "tools/manual"
MOST_PICTURE = 100 * 1024
MARK = re.compile(r"<!--imc:([a-z0-9.-]+)-->")

# The order in which one reads. A page of docs/manual/ that stands nowhere here is an error.
CHAPTERS = [
    ("First steps", ["getting-started", "first-sign-in", "4086", "administrator", "administrator-sign-in"]),
    ("Every day", ["find-a-message", "release-what-waits", "quarantine-and-badmail", "diagnostics", "counters", "prometheus", "audit-and-undo", "registry-editor",
                   "back-up-and-restore"]),
    ("Mail in and out", ["add-a-domain", "who-may-connect-and-relay", "relay-for-a-network", "tls", "sign-in", "links", "smtp-session"]),
    ("People and content", ["people", "lists", "pickup", "archive"]),
    ("Property pages", ["property-pages", "property-general", "property-connections", "property-internet-mail", "property-address-space", "property-routing",
                        "property-security", "property-delivery-restrictions", "property-queues", "property-diagnostics", "property-schedule"]),
    ("Programs", ["api"]),
]


def load(folder):
    return [row for path in sorted((TOP / folder).glob("*.yaml")) for row in yaml.safe_load(path.read_text()) or []]


class Links:
    """What a link, a code span and a piece of text of docs/ becomes."""

    def __init__(self, events, values):
        self.numbers = {str(e["id"]) for e in events if e.get("kind", "event") != "tracking" and e["id"] > 1000}
        self.values = {v["name"] for v in values}
        self.pictures, self.here = {}, "manual"

    def target(self, address):
        """A page's name; empty: it is none of the manual's, and only its text stays."""
        if address.startswith(("https://", "http://", "#")):
            return address
        file, _, anchor = address.partition("#")
        found = re.fullmatch(r"(?:\.\./)?(?:(manual|formats)/)?([\w.-]+)\.md", file)
        if not found or (file.startswith("../") and not found.group(1)):
            return ""
        name = page_name(found.group(1) or self.here, found.group(2))
        return name + (f"#{anchor}" if anchor else "")

    def code(self, span):
        made = f"<code>{html.escape(span, quote=False)}</code>"
        if span in self.values:
            return f'<a href="registry.html#{span}">{made}</a>'
        found = re.fullmatch(r"docs/(manual|formats)/([\w-]+)\.md", span)
        return f'<a href="{page_name(*found.groups())}">{made}</a>' if found else made

    def text(self, escaped):
        """Numbers of events in running text lead to what they mean."""
        def link(found):
            number = found.group(2)
            return f'{found.group(1)}<a href="events.html#{number}">{number}</a>' if number in self.numbers else found.group(0)
        escaped = re.sub(r"(\b[Ee]vents? )(\d{4,5})\b", link, escaped)
        return re.sub(r"(?<![`/\w])docs/(manual|formats)/([\w-]+)\.md", lambda m: f'<a href="{page_name(*m.groups())}">{m.group(0)}</a>', escaped)

    def picture(self, address, text):
        path = TOP / "docs" / self.here / address
        if not path.is_file():
            sys.exit(f"docs/{self.here}: there is no picture {address}")
        if path.stat().st_size > MOST_PICTURE:
            sys.exit(f"docs/{self.here}/{address}: {path.stat().st_size} octets found, at most {MOST_PICTURE} expected, since it is in the executable: "
                     "64 colours (a PNG with a palette) are enough for our pages")
        self.pictures[path.name] = path
        return f'<img src="{path.name}" alt="{html.escape(text)}">'


def page_name(folder, name):
    if folder == "formats":
        return "formats.html" if name == "README" else f"format-{name}.html"
    return f"{name}.html"


class Manual:
    def __init__(self, pieces):
        self.pieces = pieces
        self.events, self.values = load("share/events"), load("share/registry")
        self.links = Links(self.events, self.values)
        self.chapters = []  # (title, [(file, title, body, [(anchor, heading, words)])])

    def read(self, folder, name):
        self.links.here = folder
        page = markdown.Page((TOP / "docs" / folder / f"{name}.md").read_text(), self.links)
        title = next((text for level, _, text in page.headings if level == 1), name)
        found = [("", title, " ".join(page.words[""]))]
        found += [(anchor, text, " ".join(page.words[anchor])) for level, anchor, text in page.headings if level > 1]
        return page_name(folder, name), title, page.html, found

    def gather(self):
        there = {path.stem for path in (TOP / "docs/manual").glob("*.md")}
        named = {name for _, names in CHAPTERS for name in names}
        if there != named:
            sys.exit(f"tools/gen_help.py: CHAPTERS and docs/manual/ differ: {', '.join(sorted(there ^ named))}")
        for title, names in CHAPTERS:
            self.chapters.append((title, [self.read("manual", name) for name in names]))
        self.chapters[-1][1].append(tables.rest_page(yaml.safe_load((TOP / "share/api/openapi.yaml").read_text())))
        commands = "<h1>Commands</h1>\n<p>The same as <code>man imc-COMMAND</code> on the host, and what each says with <code>--help</code>.</p>\n<!--imc:commands-->"
        self.chapters.append(("Reference", [("commands.html", "Commands", commands, [("", "Commands", "man pages imc")]), tables.registry_page(self.values, self.links)]))
        self.chapters.append(("Events", tables.event_pages(self.events, self.links)))
        formats = sorted(path.stem for path in (TOP / "docs/formats").glob("*.md") if path.stem != "README")
        self.chapters.append(("Files and formats", [self.read("formats", "README"), *(self.read("formats", name) for name in formats)]))

    # ---- one page -------------------------------------------------------------------------------------

    def contents(self, current):
        """The chapters, that of this page open."""
        out = ""
        for title, pages in self.chapters:
            inside = any(page[0] == current for page in pages)
            rows = "".join(f'<li><a href="{p[0]}"{" aria-current=" + chr(34) + "page" + chr(34) if p[0] == current else ""}>{html.escape(p[1], quote=False)}</a></li>\n' for p in pages) if inside else ""
            head = f'<a href="{pages[0][0]}">{title}</a>'
            out += f"<li>{head}\n<ul>\n{rows}</ul></li>\n" if inside else f"<li>{head}</li>\n"
        return f"<ul>\n{out}</ul>"

    def whole(self, name, title, body, before=None, behind=None, script=""):
        def step(page, rel, words):
            return f'<a rel="{rel}" href="{page[0]}"><small>{words}</small>{html.escape(page[1], quote=False)}</a>' if page else "<span></span>"
        around = f'<nav class="steps" aria-label="Pages before and after">{step(before, "prev", "Before")}{step(behind, "next", "Next")}</nav>' if before or behind else ""
        text = (HERE / "page.html").read_text()
        for key, value in (("TITLE", title), ("CONTENTS", self.contents(name)), ("SCRIPT", script), ("STEPS", around), ("BODY", body)):
            text = text.replace(f"@{key}@", value)
        return self.filled(text)

    def filled(self, text):
        return MARK.sub(lambda m: self.pieces.get(m.group(1), m.group(0)), text) if self.pieces else text

    def on_this_page(self, found):
        heads = [(anchor, heading) for anchor, heading, _ in found if anchor]
        if len(heads) < 3:
            return ""
        return '<nav class="on-page" aria-label="On this page"><ul>' + "".join(f'<li><a href="#{a}">{html.escape(h, quote=False)}</a></li>' for a, h in heads) + "</ul></nav>"

    def index_page(self):
        out = "<h1>The manual of imc</h1>\n<p>The Internet Mail Connector: tasks, property pages, commands, events, registry values and file formats.</p>\n<div class=\"chapters\">\n"
        for title, pages in self.chapters:
            rows = "".join(f'<li><a href="{p[0]}">{html.escape(p[1], quote=False)}</a></li>\n' for p in pages)
            out += f"<section><h2 id=\"{markdown.slug(title)}\">{title}</h2>\n<ul>\n{rows}</ul></section>\n"
        return out + "</div>"

    def search_rows(self):
        rows = []
        for _, pages in self.chapters:
            for name, title, _, found in pages:
                for anchor, heading, words in found:
                    words = re.sub(r"\s+", " ", words.replace("`", "").replace("*", ""))[:1000]
                    rows.append([name + (f"#{anchor}" if anchor else ""), title, "" if heading == title else heading, words.strip()])
        return rows


def write(manual, out):
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    pages = [page for _, chapter in manual.chapters for page in chapter]
    for at, (name, title, body, found) in enumerate(pages):
        if not name.startswith(("events", "registry", "formats.")):
            head, end, rest = body.partition("</h1>")
            body = head + end + manual.on_this_page(found) + rest
        made = manual.whole(name, html.escape(title, quote=False), body, pages[at - 1] if at else None, pages[at + 1] if at + 1 < len(pages) else None)
        (out / name).write_text(made)
    (out / "index.html").write_text(manual.whole("index.html", "Manual", manual.index_page(), None, pages[0]))
    (out / "search.html").write_text(manual.whole("search.html", "Search", (HERE / "search.html").read_text(),
                                                  script='<script src="search-index.js" defer></script>\n<script src="search.js" defer></script>'))
    # Deeper addresses get this, too: its links begin at the root.
    missing = manual.whole("", "No such page", "<h1>There is no such page</h1>\n<p>The manual has no page of this name. Look it up in the "
                           "<a href=\"index.html\">contents</a>, or <a href=\"search.html\">search</a>.</p>")
    (out / "404.html").write_text(re.sub(r'(href|src)="(?![/#])', r'\1="/help/', missing))
    frame = manual.whole("commands.html", "<!--imc:name-->", "<h1><!--imc:name--></h1>\n<!--imc:man-->")
    if manual.pieces:
        for key in (key for key in manual.pieces if key.startswith("man-")):
            (out / f"{key}.html").write_text(frame.replace("<!--imc:name-->", key[4:]).replace("<!--imc:man-->", manual.pieces[key]))
    else:
        (out / "man.html").write_text(frame)
    for name, path in manual.links.pictures.items():
        shutil.copyfile(path, out / name)
    shutil.copyfile(HERE / "search.js", out / "search.js")
    (out / "search-index.js").write_text("const helpIndex = " + json.dumps(manual.search_rows(), ensure_ascii=False, separators=(",", ":")) + ";\n")
    # The colours are the Administrator's own; which, the system says.
    tokens = (TOP / "web/src/styles/tokens.css").read_text()
    tokens = re.sub(r':root\[data-theme="dark"\] \{(.*?)\n\}', r"@media (prefers-color-scheme: dark) {\n:root {\1\n}\n}", tokens, flags=re.S)
    (out / "help.css").write_text(tokens + (HERE / "help.css").read_text())
    shutil.copyfile(TOP / "web/public/icon.svg", out / "icon.svg")


def main():
    out = pathlib.Path(sys.argv[1])
    pieces = {}
    if len(sys.argv) > 3 and sys.argv[2] == "--pieces":
        pieces = {path.stem: path.read_text() for path in pathlib.Path(sys.argv[3]).glob("*.html")}
    manual = Manual(pieces)
    manual.gather()
    write(manual, out)
    print(f"manual: {len(list(out.glob('*.html')))} pages")


if __name__ == "__main__":
    main()
