#!/usr/bin/env python3
"""Says which sources of a target are compiled as one file (IMC_UNITY in cmake/Unity.cmake): neighbours, up to a bound of lines, none of which says a
name of its own that another one of the group has, or calls. Prints GROUP FILE lines.

    tools/unity_groups.py LINES FILE...

It reads the text, not the language: what it overlooks is an error of the compiler, and what it sees in vain costs a group."""
import pathlib
import re
import sys

NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)
CALLED = re.compile(r'(?<![\w.:>])([a-z_]\w*)(?=\s*[({<])|(?<![\w.:>])([A-Z]\w*)')
MACRO = re.compile(r'^\s*#\s*define\s+(\w+)', re.M)
KEYWORDS = set("if for while switch return sizeof catch co_return co_await co_yield operator decltype noexcept static_assert alignas throw new delete "
               "requires explicit template typename const constexpr auto void int bool char unsigned long double struct class enum".split())


def own_names(text):
    """What the anonymous namespaces and `static` declare, and what `using` and macros bring, by their last component."""
    names = dict.fromkeys(MACRO.findall(text))
    stack, start, i = [], 0, 0
    text = re.sub(r'^\s*#.*$', '', text, flags=re.M)
    for i, c in enumerate(text):
        if c not in "{};":
            continue
        inside = all(kind != "code" for kind in stack)
        head = text[start:i].strip() if inside else ""
        if c == "}":
            if stack:
                stack.pop()
            start = i + 1 if all(kind != "code" for kind in stack) else start
            continue
        if inside and head:
            space = re.match(r'(inline\s+)?namespace\b\s*([\w:]*)\s*$', head)
            if c == "{" and space:
                stack.append("named" if space.group(2) else "anonymous")
                start = i + 1
                continue
            if "anonymous" in stack or re.match(r'(\[\[\w+\]\]\s*)?(static|using|namespace)\b', head):
                names.update(declared(head))
        if c == "{":
            stack.append("code")
        elif inside:
            start = i + 1
    return names


def declared(head):
    head = re.sub(r'\[\[.*?\]\]', '', head, flags=re.S)
    head = re.sub(r'^template\s*<[^{}]*?>\s*(?=[\w\[])', '', head, flags=re.S)
    alias = re.match(r'(?:using|namespace)\s+([\w:]+)', head)
    if head.startswith("using namespace"):
        return {}
    if alias:  # may be said twice, if it says the same
        return {alias.group(1).split("::")[-1]: " ".join(head.split())}
    kind = re.match(r'(?:struct|class|enum(?:\s+class|\s+struct)?|union)\s+(\w+)', head)
    if kind:
        return {kind.group(1): None}
    test = re.match(r'(?:TEST|TEST_F|TEST_P|INSTANTIATE_TEST_SUITE_P|RC_GTEST_PROP)\s*\(\s*(\w+)\s*,\s*(\w+)', head)
    if test:
        return {test.group(1) + "." + test.group(2): None}
    before = re.split(r'[(=]', head, maxsplit=1)[0] if not re.match(r'operator', head) else head
    words = re.findall(r'[\w~]+', before)
    return {words[-1]: None} if words else {}


class File:
    def __init__(self, name):
        self.name = name
        text = pathlib.Path(name).read_text(errors="replace")
        self.lines = text.count("\n")
        text = NOISE.sub(" ", text)
        self.own = {name: what for name, what in own_names(text).items() if name not in KEYWORDS}
        self.called = {a or b for a, b in CALLED.findall(text)} - KEYWORDS

    def meets(self, other):
        same = {name for name, what in self.own.items() if what and other.own.get(name) == what}
        return (self.own.keys() & (other.own.keys() | other.called) | other.own.keys() & self.called) - same


def groups(files, bound):
    """Who meets most others is placed first: few groups are left then."""
    made = []
    meetings = {file: sum(1 for other in files if other is not file and file.meets(other)) for file in files}
    for file in sorted(files, key=lambda file: (-meetings[file], file.name)):
        for group in made:
            if group[0] + file.lines <= bound and not any(file.meets(other) for other in group[1]):
                group[0] += file.lines
                group[1].append(file)
                break
        else:
            made.append([file.lines, [file]])
    return [files for _, files in made]


def main():
    for number, group in enumerate(groups([File(name) for name in sorted(sys.argv[2:])], int(sys.argv[1]))):
        for file in group:
            print(number, file.name)


if __name__ == "__main__":
    main()
