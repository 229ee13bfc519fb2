// Top DNS consumers
//
// Logs each minute who asked for most names, and which names did not exist.
//
//     remora run examples/top-dns.js --items items.jsonl --once --run-jobs

var queries = {};
var missing = {};

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (data.protocol.name !== "dns" || !data.request) return;
  var client = data.src.name || data.src.ip;
  queries[client] = (queries[client] || 0) + data.request.questions.length;
  if (!data.response || data.response.code !== "Non-Existent Domain") return;
  data.request.questions.forEach(function (question) {
    missing[question.name] = (missing[question.name] || 0) + 1;
  });
}

function top(counts, limit) {
  return Object.keys(counts).sort(function (a, b) { return counts[b] - counts[a]; }).slice(0, limit);
}

function report() {
  console.clear();
  console.log("Most DNS queries:");
  top(queries, 5).forEach(function (client) { console.log(" ", client, queries[client]); });
  top(missing, 5).forEach(function (name) { console.log("  no such name:", name, missing[name]); });
  queries = {};
  missing = {};
}

jobs.schedule("top-dns", "0 * * * * *", report);
