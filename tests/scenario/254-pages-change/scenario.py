"""With a browser: a relay rule is changed, seen to work and undone; a change that is not kept goes back; the registry is edited and restored."""
from kit import *
from kit_pages import Organization

CI = False  # 251 is the short form of these


def run(folder):
    o = Organization(folder)
    o.start()
    try:
        o.play("change.test")
    finally:
        o.stop()
