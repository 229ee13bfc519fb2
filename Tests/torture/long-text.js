// long-text
// expects: (hook=onItemCaptured) RangeError
function onItemCaptured() { "x".repeat(1.5e9); }
