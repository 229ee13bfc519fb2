// byte-order-mark
// expects: (hook=onItemCaptured) Error: line four at byte-order-mark:4:18
function onItemCaptured(data) {
  throw new Error("line four");
}
