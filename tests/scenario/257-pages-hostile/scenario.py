"""Hostile subjects, addresses, DNs, header values, replies and names on every page of the Administrator stay text; forged requests change nothing."""
# html-in-subject-forward (Q235607)
from kit import *
from kit_pages import HOSTILE, Organization

CI = False  # 251 is the short form of these


def run(folder):
    o = Organization(folder, lambda who: f"451 4.7.1 {HOSTILE} come back")
    o.start()
    try:
        o.fill_hostile()
        o.play("hostile.test", hostile=HOSTILE)
    finally:
        o.stop()
