// Find slow requests
//
// Learns how long each endpoint usually takes, and tells of requests that took far longer. Mean and variance are kept by
// Welford's method: three numbers for each endpoint, whatever the traffic.
//
//     remora run examples/latency-anomalies.js --items items.jsonl --once

var leastSamples = 20;
var endpointLimit = 5000;
var endpoints = {};
var endpointCount = 0;

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (data.protocol.name !== "http" || !data.request || !data.response) return;
  var key = data.request.method + " " + (data.dst.name || data.dst.ip) + data.request.path;
  var known = endpoints[key];
  if (!known) {
    if (endpointCount === endpointLimit) return;
    endpointCount++;
    known = endpoints[key] = { count: 0, mean: 0, squares: 0 };
  }
  var took = data.elapsedTime / 1000;
  var deviation = Math.sqrt(known.squares / Math.max(1, known.count - 1));
  if (known.count >= leastSamples && took > known.mean + 4 * Math.max(deviation, 1))
    console.log(key, "took", took, "ms, usually", known.mean.toFixed(1), "ms");
  known.count++;
  var difference = took - known.mean;
  known.mean += difference / known.count;
  known.squares += difference * (took - known.mean);
}
