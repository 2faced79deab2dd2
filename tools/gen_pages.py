#!/usr/bin/python3
"""web/dist -> admin/pages_data.inc: the Administrator's pages as octets.

gen_pages.py FOLDER OUT

The folder may be missing or empty: then there are no pages, and the executable says so. A file's .gz beside it is taken when it holds the
same octets; else it is made here. Files that compressing does not make smaller are kept as they are only.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp", ".woff2": "font/woff2",
         ".json": "application/json", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8"}


def compressed(path, content):
    beside = path.with_name(path.name + ".gz")
    if beside.exists():
        made = beside.read_bytes()
        try:
            if gzip.decompress(made) == content:
                return made
        except (OSError, EOFError):
            pass
    return gzip.compress(content, 9, mtime=0)


def octets(name, content):
    rows = []
    for at in range(0, len(content), 40):
        rows.append(",".join(str(b) for b in content[at:at + 40]))
    return f"constexpr unsigned char {name}[] = {{{(',' + chr(10)).join(rows) or '0'}}};\n"


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    arrays, rows = [], []
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".gz" and p.suffix in TYPES) if folder.is_dir() else []
    for number, path in enumerate(files):
        content = path.read_bytes()
        small = compressed(path, content)
        if len(small) >= len(content):
            small = b""
        tag = hashlib.sha256(content).hexdigest()[:16]
        arrays.append(octets(f"plain_{number}", content))
        packed = "{}"
        if small:
            arrays.append(octets(f"packed_{number}", small))
            packed = f"{{packed_{number}, {len(small)}}}"
        name = "/" + path.relative_to(folder).as_posix()
        rows.append(f'    {{"{name}", "{TYPES[path.suffix]}", "\\"{tag}\\"", {{plain_{number}, {len(content)}}}, {packed}}},\n')
    # Without a file the table is one row that nobody finds.
    table = "".join(rows) or '    {"", "", "", {}, {}},\n'
    text = "// The Administrator's pages. Generated from web/dist.\n" + "".join(arrays) + f"constexpr EmbeddedPage embedded_pages[] = {{\n{table}}};\n"
    target = out / "admin/pages_data.inc"
    if not target.exists() or target.read_text() != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


main()
