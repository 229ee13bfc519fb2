// Call a webhook
//
// Posts a line for each answer with status 500 or more. Give the address as WEBHOOK_URL:
//
//     remora run examples/webhook.js --items items.jsonl --once --env WEBHOOK_URL=http://127.0.0.1:9000/hook

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (!data.response || !(data.response.status >= 500)) return;
  vendor.webhook("POST", env.WEBHOOK_URL, data.response.status + " from " + data.dst.name + data.request.path);
}
