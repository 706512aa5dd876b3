"""Reads the bodies that otlp_receiver.py kept as messages of OpenTelemetry's own schema, and prints a line for each span.

Usage: check_otlp.py FOLDER. Needs opentelemetry-proto. Ends with a traceback for whatever the schema does not have.
"""

import base64
import glob
import json
import os
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}


def with_bytes(value):
    """The same with ids as Protobuf has bytes in JSON: OTLP has hexadecimal digits instead."""
    if isinstance(value, list):
        return [with_bytes(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {}
    for name, item in value.items():
        if name in IDS:
            raw = bytes.fromhex(item)
            assert len(raw) == IDS[name] and any(raw), f"{name} {item}"
            assert item == item.lower(), f"{name} {item}"
            changed[name] = base64.b64encode(raw).decode()
        else:
            changed[name] = with_bytes(item)
    return changed


def value_of(value):
    """An attribute's value."""
    return getattr(value, value.WhichOneof("value"))


for place in sorted(glob.glob(os.path.join(sys.argv[1], "request-*.json"))):
    with open(place, encoding="utf-8") as file:
        request = json.load(file)
    assert request["path"] == "/v1/traces", request["path"]
    assert request["headers"]["Content-Type"] == "application/json", request["headers"]
    message = json_format.ParseDict(with_bytes(json.loads(request["body"])), ExportTraceServiceRequest())
    for resource in message.resource_spans:
        named = {item.key: value_of(item.value) for item in resource.resource.attributes}
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            assert span.end_time_unix_nano >= span.start_time_unix_nano > 1_600_000_000 * 10**9
            line = {
                "service": named["service.name"],
                "key": request["headers"].get("X-Key", ""),
                "name": span.name,
                "kind": Span.SpanKind.Name(span.kind),
                "trace": span.trace_id.hex(),
                "span": span.span_id.hex(),
                "parent": span.parent_span_id.hex(),
                "links": [link.trace_id.hex() + "-" + link.span_id.hex() for link in span.links],
                "status": span.status.code,
                "attributes": {item.key: value_of(item.value) for item in span.attributes},
            }
            print(json.dumps(line))
