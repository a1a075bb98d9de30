#!/usr/bin/env python3
"""Writes the tables of constraints that tests/schemas.rs walks, from the schemas of the APIs.

    tests/schemas/generate.py --calico DIR

Modules come from the cache of Go (`go mod download` fetches what is missing); a newer version is a
changed line of MODULES. Calico's module is not to be had there: DIR holds `calico-v1` and
`calico-v3`, the CRDs of the commit that CALICO names. Needs PyYAML.

A table has a line for each field: its path and what is asked of it. Descriptions are left out, and
so is what heliast does not read: apiVersion, kind, metadata and status. The table of NetworkPolicy
is written by hand, because its constraints stand in code.
"""

import argparse
import json
import pathlib
import subprocess

import yaml

CALICO = "87c1590"
MODULES = [
    ("github.com/cilium/cilium", "v1.20.2", "pkg/k8s/apis/cilium.io/client/crds/v2", "cilium"),
    ("istio.io/istio", "v0.0.0-20260827124520-eed52ebb66ad", "manifests/charts/base/files", "istio"),
    ("sigs.k8s.io/network-policy-api", "v0.3.0", "config/crd/experimental", "cluster"),
    ("sigs.k8s.io/network-policy-api", "v0.1.7", "config/crd/experimental", "cluster"),
]
KINDS = {
    "calico": [
        "GlobalNetworkPolicy",
        "NetworkPolicy",
        "StagedGlobalNetworkPolicy",
        "StagedNetworkPolicy",
        "StagedKubernetesNetworkPolicy",
        "Tier",
        "NetworkSet",
        "GlobalNetworkSet",
    ],
    "cilium": ["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "CiliumCIDRGroup"],
    "istio": ["AuthorizationPolicy", "PeerAuthentication"],
    "cluster": ["ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"],
}
LEFT_OUT = {"description", "default", "properties", "items", "additionalProperties", "title"}
NOT_READ = {"apiVersion", "kind", "metadata", "status"}


def asked(node):
    """What is asked of a field itself, as pairs in a fixed order."""
    kept = {key: value for key, value in node.items() if key not in LEFT_OUT}
    # What has a default is never missing.
    fields = node.get("properties", {})
    if "required" in kept:
        kept["required"] = [key for key in kept["required"] if "default" not in fields.get(key, {})]
    rules = kept.pop("x-kubernetes-validations", [])
    if rules:
        kept["rules"] = [" ".join(rule["rule"].split()) for rule in rules]
    # How lists are merged asks nothing; that they are sets does.
    if kept.get("x-kubernetes-list-type") == "atomic":
        del kept["x-kubernetes-list-type"]
    for key in ("x-kubernetes-map-type", "x-kubernetes-list-map-keys"):
        kept.pop(key, None)
    return dict(sorted(kept.items()))


def lines(node, path):
    yield f"{path or '.'} {json.dumps(asked(node), ensure_ascii=True)}"
    for name, child in sorted(node.get("properties", {}).items()):
        if path or name not in NOT_READ:
            yield from lines(child, f"{path}.{name}")
    if isinstance(node.get("items"), dict):
        yield from lines(node["items"], f"{path}[]")
    if isinstance(node.get("additionalProperties"), dict):
        yield from lines(node["additionalProperties"], path + "{}")


def write(dialect, source, folder, here):
    for file in sorted(folder.glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            if not document or document.get("kind") != "CustomResourceDefinition":
                continue
            kind = document["spec"]["names"]["kind"]
            if kind not in KINDS[dialect]:
                continue
            for version in document["spec"]["versions"]:
                group = document["spec"]["group"]
                if dialect == "istio" and not group.startswith("security"):
                    continue
                name = f"{group}_{version['name']}_{kind}.txt"
                head = [
                    f"# source: {source}",
                    f"# apiVersion: {group}/{version['name']}",
                    f"# kind: {kind}",
                    f"# scope: {document['spec']['scope']}",
                    "# nulls: refused",
                ]
                body = lines(version["schema"]["openAPIV3Schema"], "")
                (here / name).write_text("\n".join([*head, *body]) + "\n")
                print(name)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--calico", type=pathlib.Path, required=True)
    given = arguments.parse_args()
    here = pathlib.Path(__file__).parent / "tables"
    for module, version, folder, dialect in MODULES:
        shown = subprocess.run(
            ["go", "mod", "download", "-json", f"{module}@{version}"],
            check=True,
            capture_output=True,
            text=True,
        )
        root = pathlib.Path(json.loads(shown.stdout)["Dir"])
        write(dialect, f"{module} {version}, {folder}", root / folder, here)
    for folder in ("calico-v1", "calico-v3"):
        write("calico", f"projectcalico/calico {CALICO}, CRDs", given.calico / folder, here)


if __name__ == "__main__":
    main()
