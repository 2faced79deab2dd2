"""axe at every page with something to show on it, light and dark, and on a phone: nothing serious, nothing cut off."""
from kit import *
from kit_pages import Organization

CI = False  # 251 is the short form of these


def run(folder):
    o = Organization(folder)
    o.start()
    try:
        o.fill()
        o.play("accessible.test", time=1200)
    finally:
        o.stop()
