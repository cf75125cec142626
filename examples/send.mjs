// Sign one event and send it: `npm install` here, then
//
//   TRACKER_URL=http://127.0.0.1:8000 TRACKER_SOURCE=moderation TRACKER_SECRET=whsec_… node send.mjs < event.json

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Webhook } from "standardwebhooks";

const { TRACKER_URL, TRACKER_SOURCE, TRACKER_SECRET } = process.env;
const ATTEMPTS = 6;

// One delivery, signed now: the timestamp may be five minutes old at most.
function delivery(id, body) {
  const now = new Date();
  return {
    method: "POST",
    body,
    signal: AbortSignal.timeout(30_000),
    headers: {
      "Content-Type": "application/cloudevents+json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now / 1000)),
      "webhook-signature": new Webhook(TRACKER_SECRET).sign(id, now, body),
    },
  };
}

// Send until there is an answer; a known event is never recorded twice, so sending again does no harm.
async function send(id, body) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const answer = await fetch(`${TRACKER_URL}/api/v1/webhooks/${TRACKER_SOURCE}`, delivery(id, body));
      if (answer.status !== 429 && answer.status !== 503) return answer;
    } catch (error) {
      console.error(String(error.cause ?? error));
    }
    await pause(1000 * 2 ** attempt);
  }
  throw new Error("The tracker does not answer; send again later.");
}

const text = readFileSync(0, "utf8");
const answer = await send(JSON.parse(text).id, text);
console.log(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
