"""Every page: nothing wrong for axe, nothing wider than the window, nothing in the console."""

import pathlib

from axe_playwright_python.sync_playwright import Axe
from place import BrowserTestCase

SEED = (pathlib.Path(__file__).parent / "seed.sql").read_text()


def paths(place):
    """Every kind of page, by name."""
    named = {
        "overview": "/",
        "jobs": "/jobs",
        "jobs-none": "/jobs?kind=nothing-of-this-kind",
        "errors": "/errors",
        "queues": "/queues",
        "queue": "/queues/mail",
        "schedules": "/schedules",
        "schedule": "/schedules/nightly-report",
        "workers": "/workers",
        "limits": "/limits",
        "order-keys": "/order-keys",
        "health": "/health",
        "audit": "/audit",
        "missing": "/no/such/page",
    }
    for state in ("running", "retryable", "discarded", "completed", "available"):
        named[f"job-{state}"] = "/jobs/" + place.job(state=state)
    return named


class PageTests(BrowserTestCase):
    seed = SEED

    def test_axe_finds_nothing(self):
        for scheme, width in (("light", 1280), ("dark", 390)):
            # axe is not of this origin's scripts, and its own checks make elements from text.
            page = self.open(width=width, scheme=scheme, bypass_csp=True)
            for name, path in paths(self.place).items():
                with self.subTest(page=name, scheme=scheme):
                    self.visit(page, path)
                    found = Axe().run(page).response["violations"]
                    told = [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found]
                    self.assertEqual(told, [])

    def test_nothing_is_wider_than_the_window(self):
        page = self.open()
        for name, path in paths(self.place).items():
            self.visit(page, path)
            for width in (320, 390, 768, 1024, 1280):
                with self.subTest(page=name, width=width):
                    page.set_viewport_size({"width": width, "height": 800})
                    self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
        self.troubles = [one for one in self.troubles if "/no/such/page" not in one]
        self.check(page)


class EmptyTests(BrowserTestCase):
    def test_what_is_empty_says_so_and_what_to_do(self):
        page = self.open()
        for path in ("/", "/jobs", "/errors", "/queues", "/schedules", "/workers", "/limits", "/order-keys", "/audit"):
            with self.subTest(path=path):
                self.visit(page, path)
                self.assertTrue(page.locator(".empty strong").first.is_visible())
        self.check(page)
