"""Python's own WSGI server. Says which header, and which host, the application sees."""
import sys
from urllib.parse import urlsplit
from wsgiref.simple_server import make_server


def application(environ, respond):
    said = []
    if environ.get("HTTP_X_ROLE") == "evil":
        said.append("reached evil")
    if environ["PATH_INFO"] == "/admin":
        said.append("reached admin")
    host = urlsplit("http://" + environ.get("HTTP_HOST", "")).hostname
    if host == "evil.example":
        said.append("reached host")
    respond("200 OK", [("content-type", "text/plain")])
    return [", ".join(said).encode()]


make_server(sys.argv[1], int(sys.argv[2]), application).serve_forever()
