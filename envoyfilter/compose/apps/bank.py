"""The programs of the bank: `bank.py customer`, `bank.py summary`, and `bank.py fill`, which opens
the accounts. Standard library only. Each listens on loopback, where only its sidecar reaches it, and
calls others through its sidecar."""

import http.client
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

SIDECAR = ("127.0.0.1", 15001)
DATABASE = ("127.0.0.1", 2378)
ACCOUNT = "519940"
ACCOUNTS = {
    "519940": ("Ada", "2000"),
    "519941": ("Grace", "310"),
    "519942": ("Emmy", "75"),
}


def ask(host, path):
    """What another program of the bank says, by way of our sidecar."""
    connection = http.client.HTTPConnection(*SIDECAR, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise OSError(f"{host} answered {answer.status}")
    return json.loads(body)


def summary(path):
    """An account, as the database knows it."""
    account = path.removeprefix("/account/")
    if account == path or "/" in account:
        return 404, "application/json", '{"error": "no such page"}\n'

    def value(field):
        return ask("database:2379", f"/v2/keys/accounts/{account}/{field}")["node"]["value"]

    found = {"account": account, "name": value("name"), "balance": value("balance")}
    return 200, "application/json", json.dumps(found) + "\n"


def customer(_path):
    """The front page."""
    found = ask("summary", f"/account/{ACCOUNT}")
    page = (
        "<!doctype html>\n<title>YAO Bank</title>\n"
        f"<h1>Welcome, {found['name']}</h1>\n<p>Your balance: {found['balance']}</p>\n"
    )
    return 200, "text/html", page


def serve(page):
    """Answers every request with that page."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                status, kind, body = page(self.path)
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                status, kind, body = 502, "text/plain", f"{error}\n"
            body = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    ThreadingHTTPServer(("127.0.0.1", 8080), Handler).serve_forever()


def fill():
    """Opens the accounts, from inside the database's own pod and past its sidecar."""
    for account, (name, balance) in ACCOUNTS.items():
        for field, value in (("name", name), ("balance", balance)):
            put(f"/v2/keys/accounts/{account}/{field}", value)
    print(f"{len(ACCOUNTS)} accounts are open")


def put(path, value):
    """Writes a key; waits for the database to be up."""
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection(*DATABASE, timeout=5)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("PUT", path, urlencode({"value": value}), headers)
            status = connection.getresponse().status
            if status in (200, 201):
                return
            raise OSError(f"the database answered {status}")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        finally:
            connection.close()


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) == 2 else ""
    if what == "fill":
        fill()
    elif what in ("customer", "summary"):
        serve({"customer": customer, "summary": summary}[what])
    else:
        sys.exit("usage: bank.py customer|summary|fill")
