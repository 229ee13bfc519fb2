// crlf
// expects: (hook=onItemCaptured) Error: line four at crlf:4:18
function onItemCaptured(data) {
  throw new Error("line four");
}
