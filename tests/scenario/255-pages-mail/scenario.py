"""With a browser: why a message waits, its release, its story to the end; what was set aside, and what was refused."""
from kit import *
from kit_pages import Organization

CI = False  # 251 is the short form of these


def run(folder):
    tried = set()

    def once(who):
        """Refuses each recipient once."""
        if who in tried:
            return None
        tried.add(who)
        return "451 4.7.1 Greylisted, come back in an hour"

    o = Organization(folder, once)
    o.c.imc("dir", "modify", o.c.connector_dn(), "--replace", "imcRetryHours=1")
    o.start()
    try:
        o.fill()
        o.c.imc("queue", "hold", "--recipient", "ann@example.net", "--text", "ticket 4711")
        o.play("mail.test")
    finally:
        o.stop()
