"""Glance with one image and neutron with nothing, as far as nova asks them for one guest.

An image of zeros: nobody boots it. A guest without networks still makes nova ask neutron for the
ports it might have.
"""

import hashlib
import json
import re

IMAGE = "7c1f2d1e-2b9f-4a53-9a46-0f2f3f6f0001"
CONTENT = bytes(1 << 20)
MEMBERS = {
    "id": IMAGE,
    "name": "zeros",
    "status": "active",
    "visibility": "public",
    "owner": "admin",
    "protected": False,
    "disk_format": "raw",
    "container_format": "bare",
    "size": len(CONTENT),
    "min_disk": 0,
    "min_ram": 0,
    "checksum": None,
    "os_hash_algo": "sha512",
    "os_hash_value": hashlib.sha512(CONTENT).hexdigest(),
    "os_hidden": False,
    "tags": [],
    "created_at": "2026-11-21T00:00:00Z",
    "updated_at": "2026-11-21T00:00:00Z",
}
SCHEMA = {
    "name": "image",
    "properties": {name: {} for name in MEMBERS},
    "additionalProperties": {"type": "string"},
}
GLANCE = {
    "/v2/schemas/image": json.dumps(SCHEMA).encode(),
    f"/v2/images/{IMAGE}": json.dumps(MEMBERS).encode(),
    f"/v2/images/{IMAGE}/file": CONTENT,
}
NAMED = {"zeros": json.dumps({"images": [MEMBERS]}).encode()}
"""What glance lists of a name."""
COLLECTION = re.compile(r"/v2\.0/([a-z-]+?)(\.json)?")


def find_answer(path, query):
    """The body for this path, None where there is nothing."""
    if path in GLANCE:
        return GLANCE[path]
    if path == "/v2/images":
        return NAMED.get(query.removeprefix("name="), json.dumps({"images": []}).encode())
    found = COLLECTION.fullmatch(path)
    return None if found is None else json.dumps({found[1].replace("-", "_"): []}).encode()


def application(environ, start_response):
    """Answer a GET."""
    asked = environ["PATH_INFO"], environ["QUERY_STRING"]
    body = find_answer(*asked) if environ["REQUEST_METHOD"] == "GET" else None
    kind = "application/octet-stream" if body is CONTENT else "application/json"
    start_response("404 Not Found" if body is None else "200 OK", [("Content-Type", kind)])
    return [body or b"{}"]
