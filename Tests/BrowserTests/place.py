"""A Tusk of the tests' own: a database, an API process, and a browser that looks at it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import unittest
import urllib.request

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
TUSK = ROOT / ".build/debug/tusk"
PSQL = pathlib.Path(os.environ["TUSK_TEST_PGBIN"]) / "psql"
CHROMIUM = "/usr/bin/chromium"
START_SECONDS = 30
# What is not there after so long does not come.
WAIT_MILLISECONDS = 10_000

# Runs in every page before its own scripts: whoever gets text to run calls fired(), and the policy's refusals count.
WATCH = """
window.fired = [];
window.fire = (what) => window.fired.push(String(what));
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


class Place:
    """A migrated database with what `seed` says in SQL, and an API process on it."""

    def __init__(self, name, seed="", arguments=("--no-auth",)):
        server = os.environ["TUSK_TEST_DATABASE_URL"]
        self.admin = server
        self.name = f"tusk_browser_{name}_{os.getpid()}"
        self.url = server.rsplit("/", 1)[0] + "/" + self.name
        self.process = None
        self.sql(f'create database "{self.name}"', server)
        try:
            self.tusk("migrate", "up")
            if seed:
                self.sql(seed)
            self.start(arguments)
        except BaseException:
            self.close()
            raise

    def start(self, arguments):
        command = [TUSK, "api", "--listen", "127.0.0.1:0", "--log-format", "json", *arguments]
        environment = {"PATH": os.environ["PATH"], "TUSK_DATABASE_URL": self.url}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, cwd="/", text=True)
        for line in self.process.stderr:
            started = re.search(r'"api":"(http://[^"]+)"', line)
            if started:
                self.address = started[1]
                return
        raise RuntimeError(f"tusk api did not start: {self.process.wait(START_SECONDS)}")

    def close(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process.stderr.close()
        self.sql(f'drop database if exists "{self.name}" with (force)', self.admin)

    def sql(self, text, url=None):
        """Runs a script and returns what it prints, a row a line."""
        command = [PSQL, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url or self.url]
        answer = subprocess.run(command, input=text, capture_output=True, text=True)
        if answer.returncode:
            raise RuntimeError(answer.stderr)
        return answer.stdout.strip()

    def tusk(self, *arguments):
        environment = {"PATH": os.environ["PATH"], "TUSK_DATABASE_URL": self.url}
        answer = subprocess.run([TUSK, *arguments], check=True, capture_output=True, text=True, env=environment, cwd="/")
        return answer.stdout.strip()

    def ask(self, path, method="GET", body=None):
        """What the API answers, as JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
            return json.load(answer)

    def job(self, **filters):
        """The id of the newest job that is like that."""
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        return self.ask(f"/v1/jobs?page_size=1&{query}")["jobs"][0]["id"]


class BrowserTestCase(unittest.TestCase):
    """Tests with a place and a browser for all of a class, and a page for each."""

    seed = ""
    arguments = ("--no-auth",)

    @classmethod
    def setUpClass(cls):
        cls.place = Place(cls.__name__.lower(), cls.seed, cls.arguments)
        cls.addClassCleanup(cls.place.close)
        cls.playwright = sync_playwright().start()
        cls.addClassCleanup(cls.playwright.stop)
        # Chromium's own sandbox needs rights that containers do not give.
        cls.browser = cls.playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.troubles = []

    def open(self, path=None, width=1280, height=900, scheme="light", **options):
        """A page in a browser context of its own; what goes wrong in it is noted."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, base_url=self.place.address, **options
        )
        self.addCleanup(context.close)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url}: {error}"))
        page.on("console", lambda line: line.type == "error" and self.troubles.append(f"{page.url}: {line.text}"))
        page.on("dialog", lambda dialog: (self.troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        if path is not None:
            self.visit(page, path)
        return page

    def visit(self, page, path):
        page.goto(path)
        self.settle(page)

    def settle(self, page):
        """Waits until the page shows its heading, which it does with the first answer."""
        page.wait_for_selector("main h1:not(.hidden)")

    def check(self, page):
        """Nothing ran that must not, and nothing was refused by the policy."""
        self.assertEqual(page.evaluate("window.fired"), [], page.url)
        self.assertEqual(page.evaluate("window.violations"), [], page.url)
        self.assertEqual(self.troubles, [], page.url)
