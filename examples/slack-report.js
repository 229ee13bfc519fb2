// Report errors to Slack
//
// Collects failed requests and sends one message a minute at most, with the services that failed most.
//
//     remora run examples/slack-report.js --items items.jsonl --once --run-jobs --env SLACK_WEBHOOK=https://…

var failures = {};

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (!data.response || !(data.response.status >= 500)) return;
  var service = data.dst.namespace + "/" + (data.dst.name || data.dst.ip);
  failures[service] = (failures[service] || 0) + 1;
}

function report() {
  var services = Object.keys(failures).sort(function (a, b) { return failures[b] - failures[a]; });
  if (services.length === 0) return;
  var lines = services.slice(0, 10).map(function (service) { return service + ": " + failures[service]; });
  failures = {};
  vendor.slack(env.SLACK_WEBHOOK, "Failed requests on " + utils.nodeName(), lines.join("\n"), "danger");
}

jobs.schedule("slack-report", "0 * * * * *", report);
