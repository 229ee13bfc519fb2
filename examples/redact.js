// Redact sensitive data
//
// Hides passwords, tokens and card numbers from whoever looks at items. What is stored stays as it is.

var headers = ["authorization", "cookie", "set-cookie", "x-api-key"];
var fields = /("(?:password|token|secret|card)"\s*:\s*)"[^"]*"/gi;

function redactHeaders(message) {
  Object.keys((message && message.headers) || {}).forEach(function (name) {
    if (headers.indexOf(name.toLowerCase()) >= 0) message.headers[name] = "[redacted]";
  });
}

// An item that this script could not look at is withheld, and not shown as it is.
onItemQueried.redacts = true;

/** @type {Remora.onItemQueried} */
function onItemQueried(data) {
  if (data.protocol.name !== "http") return;
  redactHeaders(data.request);
  redactHeaders(data.response);
  var body = data.request && data.request.postData;
  if (body) body.text = body.text.replace(fields, '$1"[redacted]"');
  return data;
}
