"""Flask on its own server. Says which handler was reached."""
import sys

from flask import Flask, request

app = Flask(__name__)


@app.route("/admin", methods=["GET"])
def admin():
    return "reached admin"


@app.route("/a/b", methods=["GET"])
def below():
    return "reached a/b"


@app.route("/caf\u00e9")
def cafe():
    return "reached cafe"


@app.route("/thing", methods=["DELETE"])
def delete():
    return "reached delete"


@app.errorhandler(404)
def other(_error):
    return f"other {request.path}", 404


app.run(host=sys.argv[1], port=int(sys.argv[2]))
