"""`cmake --install` puts everything at its place; every command, verb and option of the help has its page, about which man complains not."""
import re
import kit
from kit import *

BUILD = PLAIN.parent.parent.parent
PLACES = ["bin/imc", "lib/systemd/system/imc.service", "lib/systemd/system/imc.socket", "lib/systemd/catalog/imc.catalog", "lib/sysusers.d/imc.conf",
          "lib/tmpfiles.d/imc.conf", "share/bash-completion/completions/imc", "share/imc/schema/openldap.ldif",
          "share/man/man1/imc.1", "share/man/man5/imc-registry.5", "share/man/man7/imc-events.7", "share/man/man8/imc.service.8",
          "share/doc/imc/copyright"]


def help_of(imc, *words):
    """(sub-commands, long options) that --help shows."""
    text = kit.run([str(imc), *words, "--help"]).stdout
    commands, options, part = [], set(), ""
    for line in text.splitlines():
        if not line or re.match(r"^\S.*:$", line):
            part = line
        elif part == "Subcommands:" and (match := re.match(r"^  (\S+)", line)):
            commands.append(match.group(1))
        elif match := re.match(r"^  (?:-\w,)?(--[\w-]+)", line):
            options.add(match.group(1))
    return commands, options


def page(folder, name, section):
    path = folder / f"usr/share/man/man{section}/{name}.{section}"
    expect(path.exists(), f"{name}({section}) is missing")
    done = subprocess.run(["man", "--warnings=w", "-E", "UTF-8", "-l", str(path)], capture_output=True, text=True,
                          env=dict(os.environ, LC_ALL="C.UTF-8", MANWIDTH="100"), timeout=PATIENCE)
    expect(done.returncode == 0 and not done.stderr.strip(), f"{path.name}: {done.stderr}")
    return done.stdout


def check_verbs(folder, imc, command, text, *path):
    verbs, options = help_of(imc, command, *path)
    for option in options:
        expect(option in text, f"imc-{command}(1) says nothing of {' '.join(path)} {option}")
    for verb in verbs:
        expect(" ".join(["imc", command, *path, verb]) in text, f"imc-{command}(1) says nothing of the verb {verb}")
        check_verbs(folder, imc, command, text, *path, verb)


def completes(script, imc, *words):
    line = f'source {shlex.quote(str(script))}; COMP_WORDS=({" ".join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}; _imc; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return kit.run(["bash", "--norc", "-c", line]).stdout.split()


def install(folder):
    env = dict(os.environ, DESTDIR=str(folder))
    done = subprocess.run(["cmake", "--install", str(BUILD), "--prefix", "/usr"], env=env, capture_output=True, text=True)
    expect(done.returncode == 0, done.stdout + done.stderr)


def run(folder):
    folder = folder / "install"
    install(folder)
    for place in PLACES:
        expect((folder / "usr" / place).is_file(), f"/usr/{place} was not installed")
    for link in ("sendmail", "mailq", "newaliases"):
        expect(os.readlink(folder / "usr/libexec/imc" / link) == "../../bin/imc", f"/usr/libexec/imc/{link}")
    expect(not (folder / "usr/sbin").exists(), "nothing of another mail system is overwritten")
    imc = folder / "usr/bin/imc"
    expect(kit.run([str(imc), "--version"]).stdout.startswith("imc "), "--version")
    unit = (folder / "usr/lib/systemd/system/imc.service").read_text()
    expect("ExecStart=/usr/bin/imc serve --hold" in unit, unit)

    commands, _ = help_of(imc)
    expect(len(commands) >= 10, f"help shows only {commands}")
    overview = page(folder, "imc", 1)
    for command in commands:
        expect(f"imc {command}" in overview, f"imc(1) says nothing of {command}")
        check_verbs(folder, imc, command, page(folder, f"imc-{command}", 1))
    pages = {p.name for p in (folder / "usr/share/man/man1").iterdir()}
    expect(pages == {"imc.1"} | {f"imc-{c}.1" for c in commands}, f"pages of commands that are none: {pages}")
    registry = page(folder, "imc-registry", 5)
    values = [json.loads(l)["name"] for l in kit.run([str(imc), "reg", "describe", "--json"]).stdout.splitlines()]
    for name in values:
        expect(name in registry, f"imc-registry(5) says nothing of {name}")
    events = page(folder, "imc-events", 7)
    for number in re.findall(r"= (\d+),", (BUILD / "gen/base/event_id.h").read_text()):
        expect(number in events, f"imc-events(7) says nothing of {number}")
    page(folder, "imc.service", 8)

    script = folder / "usr/share/bash-completion/completions/imc"
    expect(set(commands) <= set(completes(script, imc, "imc", "")), "completion of commands")
    expect("query" in completes(script, imc, "imc", "--root", "/x", "reg", ""), "completion of verbs behind an option")
    expect(completes(script, imc, "imc", "reg", "describe", "SiteD") == ["SiteDN"], "completion of values")
    expect("--dry-run" in completes(script, imc, "imc", "queue", "delete", "--d"), "completion of options")
