// Traffic that leaves the cluster
//
// Logs once for each pod and process to which addresses outside it talks.
//
//     remora run examples/external-traffic.js --items items.jsonl --once

var seen = {};
var seenLimit = 10000;
var seenCount = 0;

function isPrivate(ip) {
  return /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|fe80:|f[cd]|::1$)/.test(ip);
}

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (isPrivate(data.dst.ip) || data.dst.pod) return;
  var client = data.src.namespace + "/" + (data.src.name || data.src.ip);
  var key = client + " " + data.src.processName + " " + data.dst.ip;
  if (seen[key] || seenCount === seenLimit) return;
  seen[key] = true;
  seenCount++;
  console.log(client, data.src.processName ? "(" + data.src.processName + ")" : "", "talks to",
    data.dst.name || data.dst.ip, "port", data.dst.port);
}
