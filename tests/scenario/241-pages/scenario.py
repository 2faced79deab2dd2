"""A browser at the Administrator's pages: a one-time link signs in, the 4086 story goes from held to running by the Fix button, hostile values stay text,
axe finds nothing serious."""
from kit import *
from kit_pages import Organization


def run(folder):
    o = Organization(folder)
    o.start()
    try:
        o.play("short")
    finally:
        o.stop()
