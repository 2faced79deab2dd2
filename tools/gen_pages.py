#!/usr/bin/python3
"""web/dist -> admin/pages_data.inc: the Administrator's pages as octets, and the manual's below /help/.

gen_pages.py FOLDER OUT [HELP]

A folder may be missing or empty: then there are no pages of it, and the executable says so. A file's .gz beside it is taken when it holds the
same octets; else it is made here. Files that compressing does not make smaller are kept as they are only.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp", ".woff2": "font/woff2",
         ".json": "application/json", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8"}

PRAGMA = '#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored "-Woverlength-strings"\n'
PRAGMA_END = "#pragma GCC diagnostic pop\n"


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


def letter(octet):
    if octet == 10:
        return "\\n"
    if octet in b'"\\?' or not 32 <= octet < 127:
        return f"\\{octet:03o}"
    return chr(octet)


LETTERS = [letter(octet) for octet in range(256)]


def octets(name, content):
    """A literal: compilers read one a hundred times as fast as a list of numbers."""
    rows = ['"' + "".join(LETTERS[b] for b in content[at:at + 500]) + '"' for at in range(0, len(content), 500)]
    return f"constexpr unsigned char {name}[] = {chr(10).join(rows) or chr(34) * 2};\n"


def files_of(folder, below):
    if not folder.is_dir():
        return []
    found = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".gz" and p.suffix in TYPES)
    return [(below + path.relative_to(folder).as_posix(), path) for path in found]


def main():
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    arrays, rows = [], []
    files = files_of(folder, "/")
    if len(sys.argv) > 3:
        files += files_of(pathlib.Path(sys.argv[3]), "/help/")
    for number, (name, path) in enumerate(files):
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
        rows.append(f'    {{"{name}", "{TYPES[path.suffix]}", "\\"{tag}\\"", {{plain_{number}, {len(content)}}}, {packed}}},\n')
    # Without a file the table is one row that nobody finds.
    table = "".join(rows) or '    {"", "", "", {}, {}},\n'
    text = "// The Administrator's pages. Generated from web/dist and the manual.\n" + PRAGMA + "".join(arrays) + f"constexpr EmbeddedPage embedded_pages[] = {{\n{table}}};\n" + PRAGMA_END
    target = out / "admin/pages_data.inc"
    if not target.exists() or target.read_text() != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


main()
