#!/usr/bin/env python3
"""A worker for Tusk with nothing but Python's standard library: it claims jobs over HTTP, runs and settles them."""
import json, os, signal, sys, threading, time, urllib.request

URL, KEY = os.environ.get("TUSK_URL", "http://127.0.0.1:8080"), os.environ.get("TUSK_KEY")
CLAIM = {"max_jobs": 5, "wait_seconds": 5, "lease_seconds": 30}  # a stop may take as long as the wait
BEAT_SECONDS = 1  # how soon a job hears that it is to stop
PATIENCE_SECONDS = 25  # how long a running job may go on after SIGTERM
TIMEOUT_SECONDS = 300  # for a job that does not say
stopping, impatient = threading.Event(), threading.Event()

class Stopped(Exception):
    """The job is cancelled, lost or out of time, or the worker ends."""

class Snooze(Exception):
    """Raised by a handler with a number of seconds: the job runs again then, and no attempt is used."""

class Retry(Exception):
    """Raised with a number of seconds and a reason: this attempt has failed, and the next is then."""

class Discard(Exception):
    """Raised with a reason: the job can never succeed."""

def post(path, body):
    """The answer; {} when the request is refused, as with a lost lease; None when it should be sent again."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": "Bearer " + KEY} if KEY else {})
    try:
        request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=40) as answer:
            return json.load(answer)
    except OSError as error:
        status = getattr(error, "code", 500)
        if status != 409:  # that is a lease that is over
            print(error, file=sys.stderr)
            time.sleep(1)
        return {} if status < 500 else None

class Job:
    """A job as its handler sees it."""

    def __init__(self, lease, fields):
        self.claim, self.id, self.kind, self.args = lease, fields["id"], fields["kind"], fields["args"]
        self.attempt, self.lease = fields["attempt"], fields["lease"]
        self.starts_in = fields.get("starts_in_seconds", 0)
        self.timeout, self.until = fields.get("timeout_seconds", TIMEOUT_SECONDS), None
        self.is_told = threading.Event()

    def report(self, **words):
        self.obey(post(f"/v1/claims/{self.claim}:report", {"reports": [{"id": self.id} | words]}))

    def progress(self, fraction, message=""):
        self.report(progress=fraction, message=message)

    def log(self, message, level="info"):
        self.report(logs=[{"level": level, "message": message}])

    def obey(self, answer):
        if answer is not None and ("expires_at" not in answer or self.id in answer["stop"] + answer.get("lost", [])):
            self.is_told.set()

    def check(self, wait=0):
        """To be called now and then, perhaps with some seconds to wait: raises Stopped when the job has to end."""
        self.is_told.wait(wait)
        if self.is_told.is_set() or impatient.is_set() or time.monotonic() >= self.until:
            raise Stopped()

    def outcome(self):
        """Runs the job and says what became of it."""
        if stopping.is_set():
            return {"outcome": "released"}  # another worker gets it, and it costs no attempt
        time.sleep(self.starts_in)  # a rate allows it a little later
        self.until = time.monotonic() + self.timeout
        try:
            return {"outcome": "completed", "result": HANDLERS[self.kind](self)}
        except Snooze as wish:
            return {"outcome": "snoozed", "retry_in_seconds": wish.args[0]}
        except Retry as wish:
            return {"outcome": "failed", "retry_in_seconds": wish.args[0], "error": str(wish.args[1])}
        except Discard as wish:
            return {"outcome": "discarded", "error": str(wish)}
        except Stopped:
            if time.monotonic() < self.until:
                return {"outcome": "released"}  # one that was cancelled ends cancelled all the same
            return {"outcome": "failed", "error": f"not done within {self.timeout:g}s"}
        except Exception as error:
            return {"outcome": "failed", "error": repr(error)}

def keep_alive(lease, jobs, is_over):
    while not is_over.wait(BEAT_SECONDS):
        answer = post(f"/v1/claims/{lease}:heartbeat", {})
        for job in jobs:
            job.obey(answer)

def work(claim):
    lease, is_over = claim.get("lease"), threading.Event()
    jobs = [Job(lease, fields) for fields in claim.get("jobs", [])]
    if jobs:
        threading.Thread(target=keep_alive, args=(lease, jobs, is_over), daemon=True).start()
    for job in jobs:
        outcomes = {"outcomes": [{"id": job.id} | job.outcome()]}
        while post(f"/v1/claims/{lease}:settle", outcomes) is None:
            pass  # it is settled once, however often it is sent
    is_over.set()

def stop(*_):
    stopping.set()
    patience = threading.Timer(PATIENCE_SECONDS, impatient.set)
    patience.daemon = True
    patience.start()

def main():
    for number in signal.SIGTERM, signal.SIGINT:
        signal.signal(number, stop)
    while not stopping.is_set():
        work(post("/v1/claims", CLAIM | {"kinds": list(HANDLERS)}) or {})

def greet(job):
    return {"greeting": "Hello, " + job.args["name"]}

HANDLERS = {"greet": greet}  # from kind to function; it gets the job, and what it returns is the job's result

if __name__ == "__main__":
    main()
