"""The Markdown that docs/ is written in, as HTML: headings, paragraphs, lists, tables, code, links, pictures. Nothing else of Markdown is understood."""
import html
import re

CODE = re.compile(r"(`+)(.+?)\1")
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^()\s]+)\)")
STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])(.+?)(?<=[^\s*])\*(?![\w*])")
MARK = re.compile(r"<!-- *imc:([a-z0-9.-]+) *-->")
ITEM = re.compile(r"( *)([-*]|\d+\.) +(.*)")
FENCE = re.compile(r"```")


def slug(text):
    """The name GitHub gives to a heading."""
    return re.sub(r"[^\w -]", "", text.lower()).strip().replace(" ", "-")


def plain(text):
    """A heading without its marks."""
    text = LINK.sub(lambda m: m.group(2), text)
    return text.replace("`", "").replace("**", "")


class Page:
    """What was read: its HTML, its headings (level, id, text), and its words by the heading they stand under."""

    def __init__(self, text, links):
        """links: says of a link's target, a code span and a piece of text what it becomes (gen_help.Links)."""
        self.links, self.headings, self.words, self.ids = links, [], {"": []}, set()
        self.under = ""
        self.html = self.blocks(text.splitlines())

    # ---- blocks ---------------------------------------------------------------------------------------

    def blocks(self, lines):
        out, at = [], 0
        while at < len(lines):
            line = lines[at]
            if not line.strip():
                at += 1
                continue
            for read in (self.heading, self.mark, self.fence, self.indented, self.table, self.list):
                taken = read(lines, at)
                if taken:
                    piece, at = taken
                    break
            else:
                piece, at = self.paragraph(lines, at)
            out.append(piece)
        return "\n".join(out)

    def heading(self, lines, at):
        found = re.match(r"(#{1,4}) +(.*)", lines[at])
        if not found:
            return None
        level, text = len(found.group(1)), found.group(2).strip()
        name = base = slug(plain(text))
        for number in range(1, 100):
            if name not in self.ids:
                break
            name = f"{base}-{number}"
        self.ids.add(name)
        self.headings.append((level, name, plain(text)))
        self.under = "" if level == 1 else name
        self.words.setdefault(self.under, [])
        made = self.inline(text)
        self.words[self.under].pop()  # a search shows the heading beside its words
        return f'<h{level} id="{name}">{made}</h{level}>', at + 1

    def mark(self, lines, at):
        found = MARK.fullmatch(lines[at].strip())
        return (f"<!--imc:{found.group(1)}-->", at + 1) if found else None

    def fence(self, lines, at):
        if not FENCE.match(lines[at]):
            return None
        end = at + 1
        while end < len(lines) and not FENCE.match(lines[end]):
            end += 1
        return self.code(lines[at + 1:end]), end + 1

    def indented(self, lines, at):
        if not lines[at].startswith("    "):
            return None
        end = at
        while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
            end += 1
        block = [line[4:] for line in lines[at:end]]
        while not block[-1].strip():
            block.pop()
        return self.code(block), end

    def code(self, block):
        self.note(" ".join(block))
        # What may be wider than the page can be reached by keys, to be scrolled.
        wide = ' tabindex="0"' if max(map(len, block), default=0) > 40 else ""
        return f"<pre{wide}>" + html.escape("\n".join(block), quote=False) + "</pre>"

    def table(self, lines, at):
        if not lines[at].startswith("|") or at + 1 >= len(lines) or not re.fullmatch(r"[|:\- ]+", lines[at + 1]):
            return None
        end = at + 2
        while end < len(lines) and lines[end].startswith("|"):
            end += 1
        head = "".join(f'<th scope="col">{self.inline(c)}</th>' for c in cells(lines[at]))
        rows = "\n".join("<tr>" + "".join(f"<td>{self.inline(c)}</td>" for c in cells(line)) + "</tr>" for line in lines[at + 2:end])
        return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>', end

    def list(self, lines, at):
        first = ITEM.match(lines[at])
        if not first or len(first.group(1)) > 3:
            return None
        indent, numbered = len(first.group(1)), first.group(2)[-1] == "."
        inside = len(lines[at]) - len(first.group(3))  # where the text of an item begins
        items, end = [], at
        while end < len(lines):
            item = ITEM.match(lines[end])
            goes_on = end + 1 < len(lines) and not lines[end].strip() and lines[end + 1].startswith(" " * inside)
            if item and len(item.group(1)) == indent:
                items.append([item.group(3)])
            elif lines[end].startswith(" " * (indent + 2)) and lines[end].strip():
                items[-1].append(lines[end][inside:] if lines[end].startswith(" " * inside) else lines[end].strip())
            elif goes_on:
                items[-1].append("")
            else:
                break
            end += 1
        tag = "ol" if numbered else "ul"
        return f"<{tag}>\n" + "\n".join(f"<li>{self.item(item)}</li>" for item in items) + f"\n</{tag}>", end

    def item(self, lines):
        """Its text, and below it what belongs to it."""
        text, rest = [lines[0]], lines[1:]
        while rest and rest[0].strip() and not ITEM.match(rest[0]):
            text.append(rest.pop(0).strip())
        return self.inline(" ".join(text)) + (self.blocks(rest) if rest else "")

    def paragraph(self, lines, at):
        end = at + 1
        while end < len(lines) and lines[end].strip() and not re.match(r"#|\||```|(- |1\. )", lines[end]):
            end += 1
        return "<p>" + self.inline("\n".join(lines[at:end])) + "</p>", end

    # ---- text -----------------------------------------------------------------------------------------

    def note(self, text):
        self.words[self.under].append(text)

    def inline(self, text):
        self.note(plain(text))
        kept = []

        def keep(made):
            kept.append(made)
            return f"\0{len(kept) - 1}\0"

        text = CODE.sub(lambda m: keep(self.links.code(m.group(2).strip())), text)
        text = LINK.sub(lambda m: keep(self.linked(m, kept)), text)
        text = self.spoken(text)
        for _ in range(3):  # a link's text may hold code
            text = re.sub("\0(\\d+)\0", lambda m: kept[int(m.group(1))], text)
        return text

    def spoken(self, text):
        text = self.links.text(html.escape(text, quote=False))
        text = STRONG.sub(r"<strong>\1</strong>", text)
        return EMPHASIS.sub(r"<em>\1</em>", text)

    def linked(self, found, kept):
        picture, text, target = found.groups()
        if picture:
            return self.links.picture(target, text)
        inside = html.escape(text, quote=False)
        inside = re.sub("\0(\\d+)\0", lambda m: re.sub(r"</?a[^>]*>", "", kept[int(m.group(1))]), inside)
        where = self.links.target(target)
        return f'<a href="{html.escape(where)}">{inside}</a>' if where else inside


def cells(line):
    """A | inside of code is none of the table's."""
    line = CODE.sub(lambda m: m.group(0).replace("|", "\1"), line.strip().strip("|"))
    return [cell.strip().replace("\1", "|").replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]
