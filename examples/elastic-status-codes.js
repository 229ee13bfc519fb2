// Push status codes to Elasticsearch
//
// Counts HTTP status codes by service and indexes one document a minute.
//
//     remora run examples/elastic-status-codes.js --items items.jsonl --once --run-jobs --env-file elastic.env

var counts = {};

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (data.protocol.name !== "http" || !data.response) return;
  var service = data.dst.name || data.dst.ip;
  if (!counts[service]) counts[service] = {};
  counts[service][data.response.status] = (counts[service][data.response.status] || 0) + 1;
}

function push() {
  if (Object.keys(counts).length === 0) return;
  var document = { time: new Date().toISOString(), node: utils.nodeName(), services: counts };
  counts = {};
  var id = vendor.elastic(env.ELASTIC_URL || "", env.ELASTIC_INDEX, document, "", "", env.ELASTIC_CLOUD_ID,
    env.ELASTIC_API_KEY);
  console.log("indexed", id);
}

jobs.schedule("elastic-status-codes", "0 * * * * *", push);
