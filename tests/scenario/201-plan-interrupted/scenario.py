"""A plan whose process died between registry and directory is taken back by the next start; one that somebody has written over since is put
aside, and said."""
import base64

from kit import *


def interrupted(c, before, after):
    """As 'imc config apply' leaves it when it is killed: the file, and nobody who holds plan.lock."""
    dn = c.connector_dn()
    plan = {"version": 1, "time": "20261127T000000Z", "user": "ann", "command": "imc config apply settings.txt",
            "registry_before": base64.b64encode(before).decode(), "registry": base64.b64encode(after).decode(),
            "directory": f"dn: {dn}\nchangetype: modify\nreplace: imcTls\nimcTls: verify\n-\n\n",
            "before": f"dn: {dn}\nobjectClass: imcConnector\n\n"}
    path = c.root / "backup" / "plan.json"
    path.write_text(json.dumps(plan) + "\n")
    give(path)
    return path


def plan_row(c):
    return next(a for a in c.verdict()["assertions"] if a["id"] == "config.plan-whole")


def run(c, slapd):
    registry = c.root / "registry.reg"
    before = registry.read_bytes()
    c.imc("reg", "add", "-v", "MaxHops", "-t", "DWORD", "-d", "31", "-f")
    after = registry.read_bytes()
    expect(before != after, "the registry has not changed")
    path = interrupted(c, before, after)
    expect(plan_row(c)["status"] == "warning" and path.exists(), f"the check does not tell, or has touched it: {plan_row(c)}")
    c.start()
    wait_for(lambda: c.events(40901), "event 40901")
    expect(registry.read_bytes() == before, "the registry was not brought back")
    expect(not path.exists(), "the file of the plan is still there")
    c.stop()

    # Neither what the plan found nor what it makes: nothing is touched.
    interrupted(c, b"something", b"else")
    c.start()
    wait_for(lambda: c.events(40902), "event 40902")
    expect(registry.read_bytes() == before, "the registry was written")
    expect(not path.exists() and list((c.root / "backup").glob("plan-unsettled-*.json")), "the file was to be put aside")
    row = plan_row(c)
    expect(row["status"] == "warning" and "plan-unsettled-" in row["where"], f"the check does not tell: {row}")
