"""Texts of jobs, queues, workers, schedules and limits are shown as they are, and do nothing."""

import json

from place import BrowserTestCase
from vectors import VECTORS

# Every vector in every place that has text. Names are checked when jobs are enqueued, so they are changed afterwards.
SEED = """
create temp table vector as
select number, text, tusk.enqueue('k' || number) as id
from json_array_elements_text($vectors$%s$vectors$) with ordinality as given (text, number);

alter table tusk.job disable trigger user;
update tusk.job set
    kind = text, queue = text, tags = array[text], traceparent = text, args = json_build_object(text, array[text]),
    metadata = json_build_object(text, text)
from vector where vector.id = job.id;
insert into tusk.queue (name, paused_at, paused_by, pause_reason) select text, now(), text, text from vector;
insert into tusk.worker (id, pid, slots, lease_ms, started_at, heartbeat_at, state, host, version, queues, kinds)
select gen_random_uuid(), 1, 1, 86400000, now(), now(), 'live', text, text, array[text], array[text] from vector;
insert into tusk.key_limit (key, running_max, updated_by, paused_at, paused_by, pause_reason)
select text, 1, text, now(), text, text from vector;
insert into tusk.order_head (id, key) select id, text from vector;
insert into tusk.schedule (name, cron, time_zone, job, paused_at, paused_by, pause_reason, fault)
select
    text, '0 0 * * *', 'UTC', json_build_object('kind', text, 'args', json_build_object(text, text)), now(), text, text,
    text
from vector;
insert into tusk.tick (schedule, planned_at, planned_until, recorded_at, outcome, requested_by)
select text, now(), now(), now(), 'fired', text from vector;
insert into tusk.job_log (level, id, lease, line, logged_at, message) select 6, id, 1, 1, now(), text from vector;
insert into tusk.attempt (attempt, id, lease, started_at, ended_at, ended, error)
select 1, id, 1, now(), now(), 'failed', text || ' earlier' from vector;

-- Most failed; some wait for a retry, for a limit, or run.
insert into tusk.outcome (attempt, state, id, lease, started_at, finished_at, reason, error, result)
select 2, 'discarded', id, 2, now(), now(), text, text, json_build_object(text, text) from vector where number %% 5 > 1;
insert into tusk.blocked (priority, args_bytes, rank, id, blocked_at, reason, key, queue, kind)
select
    5, 2, number, id, now(), case when number %% 10 = 1 then 'limit' else 'order' end, text, text, text
from vector
where number %% 5 = 1;
with leased as (
    insert into tusk.lease (worker_id, claimed_at, ids)
    select gen_random_uuid(), now(), array_agg(id) from vector where number %% 5 = 0
    returning number
)
insert into tusk.progress (id, lease, fraction, updated_at, message)
select id, leased.number, 0.5, now(), text from vector, leased where vector.number %% 5 = 0;
insert into tusk.operation (
    reason, matched, created_by, purpose, cancelled_by, cancel_reason, fault, action, state, created_at, due_at
)
select text, 9, text, text, text, text, text, 'retry', 'running', now(), now() from vector;
insert into tusk.audit (
    actor_id, actor, origin, action, target_kind, target, reason, state_before, state_after
)
select text, text, text, text, text, text, text, null, jsonb_build_object(text, text) from vector order by number;
delete from tusk.ready;
"""

# Everything that a page may be made of, and what elements may never have.
FOREIGN = """() => {
    const known = new Set(`html head meta title link script body a header svg path span nav ul li div button main h1 h2
        h3 figure figcaption p form input label section table thead tbody tr th td time code strong dl dt dd ol b details summary pre progress
        noscript style small dialog kbd`.split(/\\s+/));
    const found = [];
    for (const element of document.querySelectorAll("*")) {
        const name = element.localName;
        if (!known.has(name) || name === "style") found.push(name);
        for (const { name: attribute, value } of element.attributes) {
            if (/^on/i.test(attribute) || attribute === "style" || attribute === "srcdoc") found.push(`${name} ${attribute}`);
            const leads = ["href", "src", "action", "formaction", "data"].includes(attribute);
            if (leads && !/^\\/(?!\\/)|^#/.test(value)) found.push(`${name} ${attribute}=${value}`);
        }
    }
    const scripts = [...document.scripts].map((script) => script.getAttribute("src"));
    if (scripts.join() !== "/assets/theme.js,/assets/app.js") found.push(scripts.join());
    return found;
}"""


class HostileTests(BrowserTestCase):
    seed = SEED % json.dumps(VECTORS)

    def examine(self, page):
        self.assertEqual(page.evaluate(FOREIGN), [], page.url)
        self.check(page)

    def test_lists_show_texts_as_they_are(self):
        page = self.open()
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        shown = {
            "/": VECTORS[:1], "/jobs": VECTORS[-40:], "/errors": VECTORS[2:4], "/queues": VECTORS, "/workers": VECTORS,
            "/limits": VECTORS, "/schedules": VECTORS, "/jobs?state=blocked": VECTORS[0:1],
            "/jobs?state=discarded": VECTORS[2:4], "/jobs?state=running": VECTORS[4:5], "/health": [],
            "/order-keys": VECTORS[5:6], "/audit": VECTORS[-40:],
        }
        for path, texts in shown.items():
            with self.subTest(path=path):
                self.visit(page, path)
                text = page.evaluate("document.getElementById('main').textContent")
                for vector in texts:
                    self.assertIn(vector, text)
                self.examine(page)
        foreign = [url for url in requests if not url.startswith(self.place.address + "/")]
        self.assertEqual(foreign + [url for url in requests if "/fire" in url], [])

    def test_a_job_shows_texts_as_they_are(self):
        page = self.open("/jobs")
        rows = self.place.sql("select id from tusk.job order by id").split()
        self.assertEqual(len(rows), len(VECTORS))
        for number, (job, vector) in enumerate(zip(rows, VECTORS, strict=True), 1):
            with self.subTest(vector=vector):
                # As a click on the row does; a whole page for each would only take longer.
                page.evaluate("(path) => { history.pushState(null, '', path); dispatchEvent(new Event('popstate')); }",
                              f"/jobs/{job}")
                page.wait_for_selector(f"h1:text-is('Job {job}')")
                text = page.evaluate("document.getElementById('main').textContent")
                places = 7 if number % 5 > 1 else 5
                self.assertGreaterEqual(text.count(vector), places, text)
                self.assertIn(f"{vector} earlier", text)
                self.examine(page)

    def test_a_schedule_shows_texts_as_they_are(self):
        page = self.open()
        # A slash in a name is a step in a path, which is why no schedule can be made with one.
        for vector in [one for one in VECTORS if "/" not in one and "\t" not in one][:12]:
            with self.subTest(vector=vector):
                page.goto("/")
                self.settle(page)
                page.evaluate("(name) => { history.pushState(null, '', '/schedules/' + encodeURIComponent(name));"
                              "dispatchEvent(new Event('popstate')); }", vector)
                page.wait_for_selector("main .panel")
                # The API refuses most of these names, which the browser notes as an error.
                self.troubles = [one for one in self.troubles if "status of 400" not in one]
                self.examine(page)
                self.troubles.clear()

    def test_addresses_and_filters_do_nothing_either(self):
        page = self.open()
        for vector in VECTORS:
            page.goto("/jobs?" + page.evaluate("(text) => 'kind=' + encodeURIComponent(text)", vector.replace("\t", "")))
            page.wait_for_selector("main .panel")
            self.assertEqual(page.evaluate(FOREIGN), [], page.url)
            self.assertEqual(page.evaluate("[window.fired, window.violations]"), [[], []], page.url)

    def test_the_watch_sees_what_runs(self):
        page = self.open("/jobs")
        page.evaluate("document.body.append(Object.assign(document.createElement('iframe'), {src: 'javascript:0'}))")
        page.evaluate("fire('x')")
        self.assertEqual(page.evaluate("window.fired"), ["x"])
        self.assertIn("iframe", page.evaluate(FOREIGN))
        made = "(() => { try { document.body.innerHTML = '<img src=x>'; return 'made'; } catch (e) { return e.name; } })()"
        self.assertEqual(page.evaluate(made), "TypeError")
        self.assertNotEqual(page.evaluate("window.violations"), [])
