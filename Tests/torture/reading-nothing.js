// reading-nothing
// expects: (hook=onItemCaptured) TypeError
function onItemCaptured(data) {
  return data.response.status.code;
}
