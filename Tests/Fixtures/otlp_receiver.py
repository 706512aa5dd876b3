"""Takes what an exporter of traces posts, and keeps each body and its headers in a folder.

Usage: otlp_receiver.py FOLDER. Writes its port to FOLDER/port.
"""

import http.server
import json
import os
import sys

FOLDER = sys.argv[1]


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers each request as a collector does that has taken everything."""

    protocol_version = "HTTP/1.1"
    taken = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.taken += 1
        request = {"path": self.path, "headers": dict(self.headers), "body": body.decode()}
        place = os.path.join(FOLDER, f"request-{Receiver.taken:04d}.json")
        with open(place + ".part", "w", encoding="utf-8") as file:
            json.dump(request, file)
        os.rename(place + ".part", place)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        """Says nothing."""


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
with open(os.path.join(FOLDER, "port.part"), "w", encoding="utf-8") as port:
    port.write(str(server.server_address[1]))
os.rename(os.path.join(FOLDER, "port.part"), os.path.join(FOLDER, "port"))
server.serve_forever()
