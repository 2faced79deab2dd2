"""A held service, asked all that its document tells of, with each role and in hostile ways: what needs the queue is 503 with Retry-After, the rest is
answered as always, and the service stays held."""
import random

from kit import *
from kit_rest import RANKS, Known, Plan, api_of, begun

SITE = "/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1"


class NothingKnown(Known):
    """There is no queue whose messages could be named."""

    def __init__(self, c, api):
        super().__init__(c, api)
        self.exported = ({"id": "1"}, "x")

    def parameter(self, operation, name):
        return "1"


def run(folder):
    seed, more = os.environ.get("IMC_SEED", "1"), os.environ.get("IMC_KILLS") != "20"
    print(f"rest-while-held: seed {seed}", flush=True)
    c, tokens = begun(folder)
    c.stop()
    c.imc("reg", "add", "-v", "SiteDN", "-t", "SZ", "-d", SITE.replace("Contoso", "contoso"), "-f")
    c.start("--hold", wait=False)
    try:
        wait_for(lambda: c.answers() and c.state().get("state") == "held" and c.state().get("admin"), "the service to be held, and its pages")
        api = api_of(c, tokens, seed)
        known, waits = NothingKnown(c, api), set()
        for operation in api.document.operations:
            # Mended, it would start.
            if str(operation) == "POST /check/fix":
                continue
            rng = random.Random(f"{seed} held {operation}")
            plan = Plan(api, known, operation, rng)
            for who in RANKS:
                answer = plan.send_example(who, dry=True)
                # Of who signs in the directory cannot say what he may.
                if answer.status == 503 and operation.path != "/session":
                    waits.add(operation.path.split("/")[1])
                    if json.loads(answer.text())["error"]["event"] != 40115:
                        api.found(f"503 of {operation}", f"{answer.told}\nanswered {answer.text()}; event 40115 expected")
            for n in range(60 if more else 4):
                (plan.hostile if n % 3 else plan.valid)(rng.choice(["socket", *RANKS]), True)
        api.expect_none()
        always = {"overview", "state", "check", "events", "registry", "directory", "config", "audit", "tokens"}
        expect({"queue", "link", "live", "top"} <= waits and not waits & always, f"503 of {sorted(waits)}")
        expect(c.state()["state"] == "held", "it is held as before")
    finally:
        c.stop()
