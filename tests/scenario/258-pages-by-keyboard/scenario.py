"""The Administrator without a mouse: signing in, the menu, the tree, a value changed and undone, and where the focus is."""
from kit import *
from kit_pages import Organization

CI = False  # 251 is the short form of these


def run(folder):
    o = Organization(folder)
    o.c.imc("admin", "password", "--password-file", "-", stdin="the axe behind glass")
    o.start()
    try:
        o.play("keyboard.test")
    finally:
        o.stop()
