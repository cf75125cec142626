#!/bin/sh
# Signs one event as Standard Webhooks 1.0 defines it and sends it, with nothing but openssl and curl.
#
#   TRACKER_URL=http://127.0.0.1:8000 TRACKER_SOURCE=moderation TRACKER_SECRET=whsec_… ./send.sh < event.json
#
# The first argument is the id of the delivery, by default a digest of it. Send again until the answer is 200 or
# 201: an event that is known already is never recorded twice.
set -eu
: "${TRACKER_URL:?}" "${TRACKER_SOURCE:?}" "${TRACKER_SECRET:?}"

body=$(mktemp)
signed=$(mktemp)
trap 'rm -f "$body" "$signed"' EXIT
cat >"$body"
id=${1:-$(openssl dgst -sha256 -r "$body" | cut -c 1-32)}
timestamp=$(date +%s)

# What is signed is id.timestamp.body, with the key that stands behind whsec_ in base64. Mind that whoever may list
# the processes of this machine sees the arguments of openssl.
{ printf '%s.%s.' "$id" "$timestamp" && cat "$body"; } >"$signed"
key=$(printf '%s' "${TRACKER_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
signature=$(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary "$signed" | openssl base64 -A)

curl --silent --show-error --fail-with-body --max-time 30 \
  --retry 5 --retry-connrefused \
  -H 'Content-Type: application/cloudevents+json' \
  -H "webhook-id: $id" -H "webhook-timestamp: $timestamp" -H "webhook-signature: v1,$signature" \
  --data-binary "@$body" "$TRACKER_URL/api/v1/webhooks/$TRACKER_SOURCE"
