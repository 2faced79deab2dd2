"""Each setting says whose it is; each change is a generation with an author; a file of settings, and a way back, are one change that is checked
before it is made, and undone by one line."""
from kit import *


def config(c, *words, status=0, stdin=None):
    done = c.imc("config", *words, check=False, stdin=stdin)
    expect(done.returncode == status, f"imc config {' '.join(map(str, words))}: {done.returncode}, {status} expected\n{done.stdout}{done.stderr}")
    return done.stdout


def rows(c, *words):
    return [json.loads(line) for line in config(c, *words, "--json").splitlines()]


def undo(c, said):
    last = said.strip().splitlines()[-1]
    expect(last.startswith("Undo: "), f"the last line is no undo:\n{said}")
    c.shell(last[len("Undo: "):])


def newest(c):
    return rows(c, "history")[-1]


def after(c, change):
    """Makes a change, and waits until what runs is what is stored. Returns what `change` returned, and the newest generation."""
    before = newest(c)["number"]
    said = change()
    wait_for(lambda: newest(c)["number"] > before and "Nothing differs" in config(c, "diff"), "the change to be taken, after " + config(c, "history"))
    return said, newest(c)


def size(c):
    with c.smtp() as client:
        client.ehlo("client.example.net")
        return client.esmtp_features.get("size")


def dump(c):
    return c.imc("dir", "export", "--json").stdout.splitlines(), (c.root / "registry.reg").read_text()


def without_number(objects):
    out = [json.loads(line) for line in objects]
    for entry in out:
        entry["attributes"].pop("imcGeneration", None)
        for values in entry["attributes"].values():
            values.sort()
    return sorted(out, key=lambda e: e["dn"])


def settings_and_layers(c):
    """From the organization down: the nearest object decides, and why says so."""
    organization = "o=Contoso" + c.base()
    _, record = after(c, lambda: c.imc("dir", "modify", organization, "--add", "objectClass=imcDefaults", "--replace", "imcMaxMessageKB=9"))
    expect(record["by"] and record["by"][0]["command"].startswith("imc dir modify"), record)
    expect(any(r["section"] == "organization" and r["name"] == "imcMaxMessageKB" and r["after"] == ["9"] for r in record["changes"]), record)
    expect(size(c) == "9216", "the organization's limit in EHLO")
    why = config(c, "why", "imcmaxmessagekb")
    expect("wins      organization: 9" in why and "shadowed  built-in: 0" in why, why)
    after(c, lambda: c.imc("dir", "modify", c.connector_dn(), "--replace", "imcMaxMessageKB=11"))
    expect(size(c) == "11264", "the connector's own limit in EHLO")
    why = config(c, "why", "imcMaxMessageKB")
    expect("wins      connector: 11" in why and "shadowed  organization: 9" in why, why)
    shown = rows(c, "show", "InboundSizeLimit")[0]
    expect(shown["value"] == ["11264"] and shown["source"] == "connector" and shown["effect"] == "next connection", shown)
    near = c.imc("config", "why", "imcMaxMesageKB", check=False)
    expect(near.returncode == 1 and "did you mean imcMaxMessageKB?" in near.stderr, near.stderr)


def outside(c):
    """An editor leaves no note."""
    registry = c.root / "registry.reg"
    _, record = after(c, lambda: registry.write_text(registry.read_text() + '"MaxHops"=dword:0000001e\n'))
    expect([b["user"] for b in record["by"]] == ["outside"], record)
    expect(record["changes"] == [{"section": "registry", "name": "MaxHops", "before": None, "after": ["30"]}], record)


def number_in_the_directory(c):
    """Number and hash stand on the connector object, and are no change themselves."""
    record = newest(c)
    text = f"{record['number']} {record['hash']}"
    wait_for(lambda: f"imcGeneration: {text}\n" in c.imc("dir", "show", c.connector_dn()).stdout, f"imcGeneration {text}")
    expect(not c.events(40844), c.events(40844))
    expect(newest(c)["number"] == record["number"], "telling the number must not make another")


def files(c):
    """What is exported changes nothing; what is refused changes nothing; what is applied is one generation."""
    file = c.root / "wanted.txt"
    c.imc("config", "export", file)
    expect("nothing to undo" in config(c, "apply", file), "what is exported must be what is there")

    before = dump(c)
    file.write_text("[registry]\nMaxHops = 40\n[connector]\nimcTransferMode = sideways\n")
    for verb in ("plan", "apply"):
        said = c.imc("config", verb, file, check=False)
        expect(said.returncode == 3 and "event 4086" in said.stderr and "connector.value.imcTransferMode" in said.stderr, said.stdout + said.stderr)
    file.write_text("[registry]\nMaxHop = 40\n")
    said = c.imc("config", "apply", file, check=False)
    expect(said.returncode == 1 and "40840" in said.stderr and "line 2" in said.stderr and "did you mean MaxHops?" in said.stderr, said.stderr)
    expect(dump(c) == before, "a refused file must change nothing")

    wanted = "[registry]\nMaxHops = 40\nAuthWorkers = 3\n[connector]\nimcMaxMessageKB = 13\n[domain example.net]\nimcSmartHost = relay.example.net:587\n"
    planned = config(c, "plan", "-", stdin=wanted)
    expect("[registry] MaxHops: 30 -> 40\n" in planned and "In force only after a restart: AuthWorkers" in planned and "Dry run" in planned, planned)
    expect(dump(c) == before, "a plan must change nothing")
    old = newest(c)["number"]
    said, record = after(c, lambda: config(c, "apply", "-", stdin=wanted))
    expect(record["number"] == old + 1, "one change is one generation")
    expect(record["by"][0]["command"].startswith("imc config apply"), record)
    expect(size(c) == str(13 * 1024), "the applied limit in EHLO")
    expect(any("AuthWorkers" in e["description"] for e in c.events(40843)), "event 40843: AuthWorkers waits for a restart")
    expect("Waits for a restart: AuthWorkers" in config(c, "show"), config(c, "show"))
    expect("[connector] imcMaxMessageKB: 11 -> 13\n" in config(c, "diff", old, record["number"]), config(c, "diff", old, record["number"]))
    after(c, lambda: undo(c, said))
    expect(without_number(dump(c)[0]) == without_number(before[0]), "the undo must bring the directory back")
    expect(dump(c)[1] == before[1], "the undo must bring the registry back")
    return record["number"]


def back(c, applied):
    """To what was in force long ago; the checks come first."""
    before = dump(c)
    expect("[domain example.net] added" in config(c, "rollback", applied, "--dry-run"), "a dry run shows")
    asked = c.imc("config", "rollback", applied, check=False)
    expect(asked.returncode == 2 and "--yes" in asked.stderr, asked.stderr)
    expect(dump(c) == before, "neither changes anything")
    said, record = after(c, lambda: config(c, "rollback", 1, "--yes"))
    expect(record["by"][0]["command"].startswith("imc config rollback 1"), record)
    expect(size(c) == str(64 << 20), "the limit of generation 1")
    expect("Nothing differs" in config(c, "diff", 1), config(c, "diff", 1))
    after(c, lambda: undo(c, said))
    expect(without_number(dump(c)[0]) == without_number(before[0]), "the undo must bring the directory back")
    missing = c.imc("config", "rollback", 99, "--yes", check=False)
    expect(missing.returncode == 1 and "40841" in missing.stderr, missing.stderr)


def rescue(c):
    """A registry that nobody can read any more, with the service stopped; and a change that would not start here."""
    number = newest(c)["number"]
    c.stop()
    expect(f"The service is stopped; generation {number} " in config(c, "show"), config(c, "show"))
    (c.root / "registry.reg").write_text("no registry\n")
    said = config(c, "rollback", number, "--yes")
    expect("Undo: imc reg restore" in said, said)
    c.start()
    c.stop()
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        refused = c.imc("config", "apply", "-", stdin=f"[registry]\nListeners = 127.0.0.1:{stranger.getsockname()[1]}\n", check=False)
        expect(refused.returncode == 3 and "event 4007" in refused.stderr, refused.stderr)


def run(c, slapd):
    expect("the first start makes one" in config(c, "history"), "no generation before the first start")
    c.start()
    expect([r["number"] for r in rows(c, "history")] == [1], rows(c, "history"))
    settings_and_layers(c)
    outside(c)
    number_in_the_directory(c)
    back(c, files(c))
    rescue(c)
