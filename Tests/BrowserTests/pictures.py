"""Takes a picture of every page, light and dark, wide and narrow, into the folder TUSK_TEST_PICTURES."""

import os
import pathlib

from place import BrowserTestCase
from test_pages import SEED, paths


class Pictures(BrowserTestCase):
    seed = SEED

    def test_pictures(self):
        folder = pathlib.Path(os.environ["TUSK_TEST_PICTURES"])
        folder.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            for width, height in ((1280, 900), (390, 844)):
                page = self.open(width=width, height=height, scheme=scheme)
                for name, path in paths(self.place).items():
                    self.visit(page, path)
                    page.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=width < 500)
        self.assertEqual(len(list(folder.glob("*.png"))), 4 * len(paths(self.place)))
