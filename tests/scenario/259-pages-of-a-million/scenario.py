"""1,000,000 rows in the queue's page: those in sight are in the document, pages of 200 come by cursor. No service: web/mock makes the rows."""
from kit import *
from kit_pages import play

CI = False  # 251 is the short form of these


def run(folder):
    play("million.test")
