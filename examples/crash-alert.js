// Alert on crashes
//
// The hub tells a webhook of each crash once, with a summary of a burst after it has calmed down for ten seconds.
//
//     remora run examples/crash-alert.js --pod-events pods.jsonl --node hub --env WEBHOOK_URL=http://127.0.0.1:9000/

var crashes = [];
var timer = null;

function send() {
  timer = null;
  var lines = crashes;
  crashes = [];
  vendor.webhook("POST", env.WEBHOOK_URL, { text: lines.join("\n"), count: lines.length });
}

/** @type {Remora.onPodEvent} */
function onPodEvent(event, pod, change) {
  if (utils.nodeName() !== "hub" || !change || change.severity !== "crash" || !change.firstSeen) return;
  crashes.push(pod.metadata.namespace + "/" + pod.metadata.name + ": " + change.message);
  if (crashes.length === 1) console.log("crash:", crashes[0]);
  if (timer !== null) clearTimeout(timer);
  timer = setTimeout(send, Number(env.QUIET_MS || 10000));
}
