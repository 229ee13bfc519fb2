// Count requests for Prometheus
//
// Counts requests by service and status, and offers the totals to Prometheus. The script keeps the totals: the helper
// sets the series to what it is given.

var COUNTER = 1;
var totals = {};

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (data.protocol.name !== "http" || !data.response) return;
  var labels = { s_service: data.dst.name || data.dst.ip, s_status: String(data.response.status) };
  var key = labels.s_service + " " + labels.s_status;
  totals[key] = (totals[key] || 0) + 1;
  prometheus.vector("example_requests_total", "Requests seen", COUNTER, totals[key], labels);
}
