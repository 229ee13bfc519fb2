// Log each item
//
// Prints who asked whom for what, and how long the answer took. Where to start when you want to see what items have.
//
//     remora run examples/log-item.js --items items.jsonl --once

/** @type {Remora.onItemCaptured} */
function onItemCaptured(data) {
  if (data.protocol.name !== "http" || !data.request) {
    console.log(data.protocol.abbr, data.src.ip, "->", data.dst.ip);
    return;
  }
  var status = data.response ? data.response.status : "no answer";
  console.log(data.src.name || data.src.ip, data.request.method, data.dst.name + data.request.path, status,
    data.elapsedTime / 1000 + " ms");
}
