// deep-recursion
// expects: (hook=onItemCaptured) RangeError: Maximum call stack size exceeded.
function onItemCaptured() { onItemCaptured(); }
