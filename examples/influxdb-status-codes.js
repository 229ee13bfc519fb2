// Push status codes to InfluxDB
//
// Counts HTTP status codes and writes the counts to InfluxDB 2 each minute, as one point with a field per code.
// A push that fails is tried again with the next one: counts are only forgotten once they are written.
//
//     remora run examples/influxdb-status-codes.js --items items.jsonl --once --run-jobs --env-file influxdb.env

var counts = {};

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (data.protocol.name !== "http" || !data.response) return;
  var key = "status_" + data.response.status;
  counts[key] = (counts[key] || 0) + 1;
}

function push() {
  if (Object.keys(counts).length === 0) return;
  var pushed = counts;
  counts = {};
  try {
    vendor.influxdb(env.INFLUXDB_URL, env.INFLUXDB_TOKEN, env.INFLUXDB_ORGANIZATION, env.INFLUXDB_BUCKET,
      "status_codes", pushed, { node: utils.nodeName() });
  } catch (e) {
    console.error("InfluxDB:", e.message);
    // Items came in while the push waited.
    counts = wrapper.joinMaps(counts, pushed);
  }
}

jobs.schedule("push-status-codes", "0 * * * * *", push);
