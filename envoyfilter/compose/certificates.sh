#!/bin/sh
# An authority, and a key and certificate for each workload, into the folder named; once.
#
#     sh envoyfilter/compose/certificates.sh /certificates
#
# For this story only: keys are readable by everybody who gets the folder mounted.
set -eu
folder=$1

if [ -e "$folder/done" ]; then
    echo "certificates are in $folder already"
    exit 0
fi

key() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$1"
}

# A workload is known by its service account alone: one URI SAN, no names of hosts.
workload() {
    name=$1
    account=$2
    key "$folder/$name.key"
    openssl req -new -key "$folder/$name.key" -subj "/O=YAO Bank" -out "$folder/$name.csr"
    cat >"$folder/$name.ext" <<END
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = critical, URI:spiffe://cluster.local/ns/default/sa/$account
END
    openssl x509 -req -in "$folder/$name.csr" -days 365 \
        -CA "$folder/authority.pem" -CAkey "$folder/authority.key" -CAcreateserial \
        -extfile "$folder/$name.ext" -out "$folder/$name.pem"
    rm "$folder/$name.csr" "$folder/$name.ext"
}

key "$folder/authority.key"
openssl req -x509 -new -key "$folder/authority.key" -subj "/CN=YAO Bank" -days 365 \
    -addext "keyUsage = critical, keyCertSign, cRLSign" -out "$folder/authority.pem"
workload customer customer
workload summary summary
workload database database
# The attacker's own pod runs under the namespace's default account.
workload attack default
# Nobody signs anything after this.
rm "$folder/authority.key"
chmod 644 "$folder"/*
touch "$folder/done"
