"""Makes one request and prints the answer.

    call.py METHOD HOST[:PORT] PATH [--key NAME] [--data TEXT] [--header NAME:VALUE] [--plaintext]

Without more it goes through the sidecar beside it, which shows the pod's own certificate. `--key`
goes straight to the host with the key and certificate of that name, whoever's they are;
`--plaintext` goes straight there with none."""

import argparse
import http.client
import ssl
import sys

SIDECAR = ("127.0.0.1", 15001)
CERTIFICATES = "/certificates"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("method")
    parser.add_argument("host")
    parser.add_argument("path")
    parser.add_argument("--key", metavar="NAME")
    parser.add_argument("--data", metavar="TEXT")
    parser.add_argument("--header", metavar="NAME:VALUE", action="append", default=[])
    parser.add_argument("--plaintext", action="store_true")
    return parser.parse_args()


def dial(given):
    host, _, port = given.host.partition(":")
    if given.key:
        # A workload's certificate names a service account, not a host.
        trust = ssl.create_default_context(cafile=f"{CERTIFICATES}/authority.pem")
        trust.check_hostname = False
        trust.load_cert_chain(f"{CERTIFICATES}/{given.key}.pem", f"{CERTIFICATES}/{given.key}.key")
        return http.client.HTTPSConnection(host, int(port or 80), timeout=10, context=trust)
    if given.plaintext:
        return http.client.HTTPConnection(host, int(port or 80), timeout=10)
    return http.client.HTTPConnection(*SIDECAR, timeout=10)


def main():
    given = arguments()
    headers = {"Host": given.host}
    if given.data is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    for header in given.header:
        name, _, value = header.partition(":")
        headers[name] = value.strip()
    connection = dial(given)
    connection.request(given.method, given.path, given.data, headers)
    answer = connection.getresponse()
    print(answer.status, answer.reason)
    if answer.headers["x-heliast-id"]:
        print("x-heliast-id:", answer.headers["x-heliast-id"])
    print(answer.read().decode(errors="replace"), end="")
    return 0 if answer.status < 400 else 1


if __name__ == "__main__":
    sys.exit(main())
