#!/usr/bin/env bash
# Tells whether a webhook came from unroutable. Needs bash, GNU coreutils and OpenSSL 1.1 or newer.
#
#   WEBHOOK_SECRET=whsec_… ./verify.sh ID TIMESTAMP SIGNATURES < body
#
# Ends with 0 when it is genuine, else with 1. The key is an argument of openssl, which other users of this machine can
# see for a moment: for looking into something by hand, not for a receiver.
set -euo pipefail

id=$1 timestamp=$2 signatures=$3

refuse() {
  echo 'forged or too old'
  exit 1
}

# Older requests may be somebody's recording. 300: seconds between sending and receiving.
[[ $timestamp =~ ^[0-9]{1,12}$ ]] || refuse
age=$(($(date +%s) - 10#$timestamp))
((age <= 300 && age >= -300)) || refuse

key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
expected=$({ printf '%s.%s.' "$id" "$timestamp" && cat; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64 -w0)

# Two signatures while a secret is replaced: one that fits is enough.
for signature in $signatures; do
  if [[ $signature == "v1,$expected" ]]; then
    echo genuine
    exit 0
  fi
done
refuse
