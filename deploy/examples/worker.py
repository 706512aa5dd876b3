#!/usr/bin/env python3
"""A worker for Tusk with nothing but Python's standard library: it claims jobs over HTTP, runs and settles them."""
import json, os, signal, sys, threading, time, urllib.request

URL, KEY = os.environ.get("TUSK_URL", "http://127.0.0.1:8080"), os.environ.get("TUSK_KEY")
CLAIM = {"max_jobs": 5, "wait_seconds": 5, "lease_seconds": 30}  # a stop may take as long as the wait
stopping = threading.Event()

def greet(args):
    return {"greeting": "Hello, " + args["name"]}

HANDLERS = {"greet": greet}  # from kind to function; it gets the args, and what it returns is the job's result

def post(path, body):
    """The answer; {} when the request is refused, as with a lost lease; None when it should be sent again."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": "Bearer " + KEY} if KEY else {})
    try:
        request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=40) as answer:
            return json.load(answer)
    except OSError as error:
        print(error, file=sys.stderr)
        time.sleep(1)
        return {} if getattr(error, "code", 500) < 500 else None

def keep_alive(claim, is_over):
    while not is_over.wait(CLAIM["lease_seconds"] / 3):
        post(f"/v1/claims/{claim['lease']}:heartbeat", {})

def run(job):
    if stopping.is_set():
        return {"id": job["id"], "outcome": "released"}  # another worker gets it, and it costs no attempt
    time.sleep(job.get("starts_in_seconds", 0))  # a rate allows it a little later
    try:
        return {"id": job["id"], "outcome": "completed", "result": HANDLERS[job["kind"]](job["args"])}
    except Exception as error:
        return {"id": job["id"], "outcome": "failed", "error": repr(error)}

for number in signal.SIGTERM, signal.SIGINT:
    signal.signal(number, lambda *_: stopping.set())
while not stopping.is_set():
    claim, is_over = post("/v1/claims", CLAIM | {"kinds": list(HANDLERS)}) or {}, threading.Event()
    threading.Thread(target=keep_alive, args=(claim, is_over), daemon=True).start()
    for job in claim.get("jobs", []):
        outcomes = {"outcomes": [run(job)]}
        while post(f"/v1/claims/{claim['lease']}:settle", outcomes) is None:
            pass  # it is settled once, however often it is sent
    is_over.set()
