"""What people do in the dashboard: look for, retry, cancel, pause, limit; by mouse and by keyboard."""

import pathlib

from place import BrowserTestCase
from playwright.sync_api import expect

SEED = (pathlib.Path(__file__).parent / "seed.sql").read_text()


class WorkTests(BrowserTestCase):
    seed = SEED

    def confirm(self, page, word):
        page.locator("dialog").get_by_role("button", name=word, exact=True).click()
        page.locator("dialog").wait_for(state="detached")

    def test_failed_jobs_are_retried_together(self):
        page = self.open("/errors")
        row = page.locator("tr", has_text="gateway answered")
        self.assertIn("14", row.inner_text())
        row.get_by_role("button", name="Retry all").click()
        page.wait_for_selector("dialog h2:text-is('Retry 14 jobs?')")
        page.get_by_label("Reason").fill("the gateway <b>is</b> back")
        self.confirm(page, "Retry")
        page.wait_for_selector("tr:has-text('the gateway <b>is</b> back')")
        self.assertEqual(self.batch().split("|")[1:], ["completed", "14"])
        page.wait_for_selector("tr:has-text('14 / 14')")
        self.assertEqual(len(self.place.ask("/v1/jobs?state=available&queue=billing")["jobs"]), 14)
        page.wait_for_selector("tr:has-text('gateway answered')", state="detached")
        self.check(page)

    def test_a_replay_goes_slowly_behind_a_canary_and_is_cancelled(self):
        page = self.open("/errors")
        page.locator("tr", has_text="not an image").get_by_role("button", name="Retry all").click()
        page.get_by_label("At most so many").fill("0")
        page.get_by_label("So many first").fill("5")
        page.locator("dialog").get_by_role("button", name="Retry", exact=True).click()
        page.wait_for_selector("dialog .fault:has-text('per_second')")
        page.get_by_label("At most so many").fill("2")
        self.confirm(page, "Retry")
        row = page.locator("tr", has_text="0 of 5 failed")
        row.get_by_role("button", name="Cancel").click()
        self.confirm(page, "Cancel the operation")
        page.wait_for_selector("tr:has-text('0 of 5 failed') .chip.cancelled")
        self.assertEqual(self.batch(), "||0")
        found = self.place.ask("/v1/operations")["operations"][0]
        self.assertEqual([found["state"], found["per_second"], found["canary"]["count"]], ["cancelled", 2, 5])
        self.troubles = [one for one in self.troubles if "status of 422" not in one]
        self.check(page)

    def batch(self):
        """Does what a scheduler does: the next batch of the operation that is due."""
        return self.place.sql("select id, state, done from tusk.run_operation(200, 2000)")

    def test_selected_jobs_are_cancelled(self):
        page = self.open("/jobs?state=scheduled&kind=report")
        ids = page.locator("tbody th").all_inner_texts()
        for job in ids[:2]:
            page.get_by_label(f"Select job {job}").check()
        page.get_by_role("button", name="Cancel 2").click()
        page.get_by_label("Reason").fill("not this month")
        self.confirm(page, "Cancel the jobs")
        page.wait_for_selector("text=2 jobs: done.")
        for job in ids[:2]:
            self.assertEqual(self.place.ask(f"/v1/jobs/{job}")["state"], "cancelled")
        self.assertEqual(self.place.ask(f"/v1/jobs/{ids[2]}")["state"], "scheduled")
        # What left the list stays in its place, and says so.
        page.wait_for_selector("tr.gone")
        self.assertEqual(page.locator("tbody th").all_inner_texts(), ids)

    def test_a_job_says_why_it_waits_and_is_cancelled(self):
        job = self.place.job(state="available", queue="mail")
        page = self.open(f"/jobs/{job}")
        page.wait_for_selector("text=queue mail is paused by anna")
        page.get_by_role("button", name="Cancel").click()
        self.confirm(page, "Cancel the jobs")
        page.wait_for_selector("dd .chip.cancelled")
        self.assertTrue(page.get_by_role("button", name="Cancel").is_disabled())
        self.assertTrue(page.get_by_role("button", name="Retry").is_enabled())

    def test_a_job_that_waits_is_edited_and_one_that_runs_or_ended_is_not(self):
        args = {"n": 12345678901234567890123, "m": "<b>"}
        job = self.place.ask("/v1/jobs", "POST", {"kind": "nightly", "args": args, "tags": ["one"]})["id"]
        page = self.open(f"/jobs/{job}")
        page.keyboard.press("e")
        dialog = page.locator("dialog")
        dialog.get_by_label("Queue").fill("later")
        dialog.get_by_label("Tags").fill("two  three")
        dialog.get_by_label("Args, as JSON").fill("{")
        dialog.get_by_role("button", name="Save").click()
        page.wait_for_selector("dialog .fault:has-text('no JSON')")
        typed = '{"n": 12345678901234567890124, "m": 1.50}'
        dialog.get_by_label("Args, as JSON").fill(typed)
        dialog.get_by_label("Priority").fill("12")
        dialog.get_by_role("button", name="Save").click()
        page.wait_for_selector("dialog .fault:has-text('0 to 9')")
        dialog.get_by_label("Priority").fill("3")
        dialog.get_by_label("Not before").fill("2101-01-01T00:00:00Z")
        self.confirm(page, "Save")
        page.wait_for_selector("dd .chip.scheduled")
        row = f"select queue, priority, tags, args, max_attempts from tusk.jobs where id = {job}"
        self.assertEqual(self.place.sql(row), "later|3|{two,three}|" + typed + "|20")
        page.get_by_role("button", name="Edit").click()
        dialog.get_by_label("Not before").fill("")
        self.confirm(page, "Save")
        page.wait_for_selector("dd .chip.available")
        for state in ("running", "completed", "discarded"):
            page.goto(f"/jobs/{self.place.job(state=state)}")
            page.get_by_role("button", name="Cancel").wait_for()
            self.assertEqual(page.get_by_role("button", name="Edit").count(), 0, state)

    def test_what_was_changed_is_found_by_who_what_and_of_what(self):
        self.place.ask("/v1/queues/audited:pause", "POST", {"reason": "moving <b>"})
        self.place.ask("/v1/queues/audited:resume", "POST", {})
        self.place.ask("/v1/limits/tenant:77", "PUT", {"running_max": 3})
        page = self.open("/audit")
        row = page.locator("tr", has=page.get_by_role("link", name="queue.pause"), has_text="audited")
        expect(row).to_contain_text("moving <b>")
        row.locator("summary").click()
        expect(row).to_contain_text("pause_reason – → \"moving <b>\"")
        row.get_by_role("link", name="All of it").click()
        page.wait_for_url("**/audit?target=queue%3Aaudited")
        expect(page.locator("tbody tr")).to_have_count(2)
        row.get_by_role("link", name="queue.pause").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        row.get_by_role("link", name="audited", exact=True).click()
        page.wait_for_url("**/queues/audited")
        page.go_back()
        page.get_by_role("searchbox").fill("action:queue.eat")
        page.keyboard.press("Enter")
        page.wait_for_selector(".fault:has-text('action is one of queue.pause')")
        self.troubles = [one for one in self.troubles if "status of 400" not in one]
        page.get_by_role("searchbox").fill("actor:nobody target:limit:tenant:77")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=No change is like that")
        page.get_by_role("link", name="Show all changes").click()
        page.locator("tr:has-text('limit:tenant:77'), tr:has-text('tenant:77')").first.wait_for()

    def test_changes_are_read_page_by_page(self):
        for number in range(60):
            self.place.ask(f"/v1/queues/paged-{number}:pause", "POST", {})
        page = self.open("/audit?target=queue")
        first = page.locator("tbody tr").count()
        self.assertEqual(first, 50)
        page.keyboard.press("n")
        page.wait_for_url("**page=*")
        page.get_by_role("link", name="Newest").wait_for()
        expect(page.locator("tbody")).to_contain_text("paged-0")

    def test_numbers_of_args_are_exact(self):
        page = self.open(f"/jobs/{self.place.job(state='available', kind='resize_image')}")
        self.assertEqual(page.locator(".tree .numeral").first.inner_text(), "12345678901234567890123")

    def test_a_queue_is_paused_and_resumed(self):
        page = self.open("/queues")
        page.get_by_role("button", name="Pause default").click()
        page.get_by_label("Reason").fill("maintenance <b>")
        page.get_by_label("For so many minutes").fill("90")
        self.confirm(page, "Pause")
        page.wait_for_selector("tr:has-text('maintenance <b>'):has-text('until')")
        paused = {queue["name"]: queue for queue in self.place.ask("/v1/queues")["queues"]}["default"]
        self.assertEqual(paused["pause"]["reason"], "maintenance <b>")
        page.get_by_role("button", name="Resume default").click()
        page.get_by_role("button", name="Pause default").wait_for()
        self.check(page)

    def test_a_queue_is_purged_when_its_name_is_typed(self):
        for _ in range(2):
            self.place.ask("/v1/jobs", "POST", {"kind": "send_sms", "queue": "texts"})
        page = self.open("/queues/texts")
        page.get_by_role("button", name="Purge").click()
        page.wait_for_selector("dialog:has-text('Cancel 2 jobs of texts?')")
        page.get_by_label("Name of the queue").fill("mails")
        page.locator("dialog").get_by_role("button", name="Purge", exact=True).click()
        page.wait_for_selector(".fault:has-text('The name of the queue is texts.')")
        page.get_by_label("Name of the queue").fill("texts")
        self.confirm(page, "Purge")
        page.wait_for_selector(".toast:has-text('has begun')")
        newest = self.place.ask("/v1/operations")["operations"][0]
        self.assertEqual((newest["action"], newest["filter"]), ("cancel", {"queue": "texts"}))
        self.assertTrue(newest["spare_running"])
        self.assertEqual(self.batch().split("|")[1:], ["completed", "2"])
        self.assertEqual(self.place.ask("/v1/jobs?state=available&queue=texts")["jobs"], [])
        self.check(page)

    def test_a_limit_is_set_and_removed_and_a_wrong_one_explained(self):
        page = self.open("/limits")
        page.get_by_role("button", name="Set a limit").click()
        page.locator("dialog input").first.fill("kind:report")
        page.get_by_label("Running at once").fill("0")
        page.locator("dialog").get_by_role("button", name="Set").click()
        page.wait_for_selector("dialog .fault:has-text('running_max')")
        page.get_by_label("Running at once").fill("7")
        self.confirm(page, "Set")
        page.wait_for_selector("tr:has-text('kind:report')")
        page.get_by_role("button", name="Remove kind:report").click()
        self.confirm(page, "Remove")
        page.wait_for_selector("tr:has-text('kind:report')", state="detached")

    def test_a_key_is_paused_and_resumed(self):
        page = self.open("/limits")
        page.get_by_role("button", name="Pause tenant:7", exact=True).click()
        page.get_by_label("Reason").fill("moving <b>")
        self.confirm(page, "Pause")
        page.wait_for_selector("tr:has-text('moving <b>')")
        kept = {limit["key"]: limit for limit in self.place.ask("/v1/limits")["limits"]}["tenant:7"]
        self.assertEqual((kept["pause"]["reason"], kept["running_max"]), ("moving <b>", 5))
        page.get_by_role("button", name="Resume tenant:7", exact=True).click()
        page.get_by_role("button", name="Pause tenant:7", exact=True).wait_for()
        self.assertNotIn("pause", {limit["key"]: limit for limit in self.place.ask("/v1/limits")["limits"]}["tenant:7"])
        self.check(page)

    def test_the_limit_of_a_queue_keeps_what_is_not_changed(self):
        rate = {"max": 30, "seconds": 60, "burst": 2}
        self.place.ask("/v1/limits/queue:legacy", "PUT", {"running_max": 4, "rate": rate})
        self.addCleanup(self.place.sql, "delete from tusk.key_limit where key = 'queue:legacy'")
        page = self.open("/queues")
        page.wait_for_selector("tr:has-text('30 in 60 s, 2 at once')")
        page.get_by_role("button", name="Limit of legacy").click()
        page.get_by_label("Running at once").fill("6")
        self.confirm(page, "Set")
        page.wait_for_selector("tr:has-text('0 / 6')")
        kept = {limit["key"]: limit for limit in self.place.ask("/v1/limits")["limits"]}["queue:legacy"]
        self.assertEqual((kept["running_max"], kept["rate"]), (6, rate))
        self.check(page)

    def test_an_order_key_is_released(self):
        page = self.open("/order-keys")
        row = page.locator("tr:has-text('account:42')")
        expect(row).to_contain_text("discarded")
        expect(row).to_contain_text("it is released")
        page.get_by_role("button", name="Release account:42").click()
        self.confirm(page, "Release")
        # The next in line holds the key now, and no discarded job does.
        expect(row).to_contain_text("available")
        page.get_by_role("button", name="Release account:42").wait_for(state="detached")
        (line,) = self.place.ask("/v1/order-keys")["order_keys"]
        self.assertEqual((line["key"], line["head_state"], line["waiting"]), ("account:42", "available", 2))
        self.check(page)

    def test_a_schedule_is_run_paused_and_resumed(self):
        page = self.open("/schedules/nightly-report")
        page.wait_for_selector("text=every weekday at 02:30")
        page.get_by_role("button", name="Run now nightly-report").click()
        self.confirm(page, "Run now")
        page.wait_for_selector("tr:has-text('anonymous')")
        page.get_by_role("button", name="Pause nightly-report").click()
        self.confirm(page, "Pause")
        page.get_by_role("button", name="Resume nightly-report").click()
        page.get_by_role("button", name="Pause nightly-report").wait_for()

    def test_the_filter_is_in_the_address_and_back_goes_back(self):
        page = self.open("/jobs")
        page.get_by_role("searchbox").fill("kind:report state:running")
        page.keyboard.press("Enter")
        page.wait_for_url("**/jobs?state=running&kind=report")
        expect(page.locator("tbody tr")).to_have_count(3)
        page.locator("tbody th a").first.click()
        page.wait_for_selector("h2:has-text('Timeline')")
        page.go_back()
        expect(page.locator("tbody tr")).to_have_count(3)
        self.assertEqual(page.get_by_role("searchbox").input_value(), "kind:report state:running")
        page.go_back()
        page.wait_for_url("**/jobs")
        # Until then the box is the one of the filter before.
        expect(page.get_by_role("searchbox")).to_have_value("")
        page.get_by_role("searchbox").fill("rubbish")
        page.keyboard.press("Enter")
        page.wait_for_selector(".fault:has-text('rubbish')")

    def test_pages_follow_each_other(self):
        page = self.open("/jobs")
        first = page.locator("tbody th").all_inner_texts()
        page.get_by_role("link", name="Older").click()
        page.wait_for_url("**page=*")
        expect(page.locator("tbody th").first).not_to_have_text(first[0])
        second = page.locator("tbody th").all_inner_texts()
        self.assertLess(int(second[0]), int(first[-1]))
        page.get_by_role("link", name="Newest").click()
        expect(page.locator("tbody th").first).to_have_text(first[0])

    def test_keys_go_everywhere(self):
        page = self.open("/")
        places = {"j": "/jobs", "q": "/queues", "s": "/schedules", "w": "/workers", "l": "/limits", "k": "/order-keys",
                  "a": "/audit"}
        for key, path in places.items():
            page.keyboard.press("g")
            page.keyboard.press(key)
            page.wait_for_url(f"**{path}")
        page.keyboard.press("g")
        page.keyboard.press("j")
        page.wait_for_selector("tbody tr")
        page.keyboard.press("j")
        page.keyboard.press("j")
        self.assertEqual(page.locator("tr.current").count(), 1)
        page.keyboard.press("x")
        page.wait_for_selector("text=1 selected")
        page.keyboard.press("Escape")
        page.wait_for_selector("text=1 selected", state="detached")
        page.keyboard.press("/")
        self.assertEqual(page.evaluate("document.activeElement.name"), "filter")
        page.keyboard.press("Control+k")
        page.keyboard.type("heal")
        page.keyboard.press("Enter")
        page.wait_for_url("**/health")
        page.wait_for_selector("h1:text('Health')")
        page.keyboard.press("?")
        page.locator("dialog h2").wait_for()
        page.keyboard.press("Escape")
        page.locator("dialog").wait_for(state="detached")
        self.check(page)

    def test_what_is_new_waits_until_it_is_asked_for(self):
        page = self.open("/jobs?kind=just_now")
        page.wait_for_selector(".empty")
        self.place.ask("/v1/jobs", "POST", {"kind": "just_now"})
        page.wait_for_selector("tbody tr")
        page.get_by_role("button", name="Select all").focus()
        self.place.ask("/v1/jobs", "POST", {"kind": "just_now"})
        page.get_by_role("button", name="Show 1 new job").wait_for()
        self.assertEqual(page.locator("tbody tr").count(), 1)
        self.assertEqual(page.evaluate("document.activeElement.textContent"), "Select all")
        page.get_by_role("button", name="Show 1 new job").click()
        expect(page.locator("tbody tr")).to_have_count(2)

    def test_nothing_is_asked_while_nobody_looks(self):
        page = self.open("/workers")
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(2600)
        self.assertGreaterEqual(len(asked), 1)
        hidden = "(is) => { Object.defineProperty(document, 'hidden', {value: is, configurable: true});" \
            "document.dispatchEvent(new Event('visibilitychange')); }"
        page.evaluate(hidden, True)
        page.wait_for_timeout(300)
        asked.clear()
        page.wait_for_timeout(2600)
        self.assertEqual(asked, [])
        with page.expect_request("**/v1/workers"):
            page.evaluate(hidden, False)

    def test_what_cannot_be_read_says_so_and_comes_back(self):
        page = self.open("/workers")
        page.route("**/v1/workers", lambda route: route.abort())
        page.wait_for_selector(".notice:has-text('cannot be reached')")
        self.assertTrue(page.get_by_text("worker-1.fra").is_visible())
        page.unroute("**/v1/workers")
        page.wait_for_selector(".notice", state="detached")


class KeyTests(BrowserTestCase):
    arguments = ()

    def test_a_key_is_asked_for_kept_in_the_tab_and_forgotten(self):
        token = self.place.tusk("key", "create", "--name", "reader", "--scope", "read")
        page = self.open("/queues")
        page.get_by_label("API key").fill("tusk_wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=does not work")
        page.get_by_label("API key").fill(token)
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:text('Queues')")
        stores = "[Object.values(sessionStorage), Object.values(localStorage), document.cookie]"
        self.assertEqual(page.evaluate(stores), [[token], [], ""])
        page.goto("/audit")
        page.wait_for_selector("text=This key may not see who changed what")
        self.troubles = [one for one in self.troubles if "status of 403" not in one]
        page.goto("/limits")
        page.get_by_role("button", name="Set a limit").click()
        page.locator("dialog input").first.fill("kind:report")
        page.get_by_label("Running at once").fill("1")
        page.locator("dialog").get_by_role("button", name="Set").click()
        page.wait_for_selector("dialog .fault:has-text('lacks the scope operate')")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Forget the API key").click()
        page.get_by_label("API key").wait_for()
        self.assertEqual(page.evaluate(stores), [[], [], ""])
