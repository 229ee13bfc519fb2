// eval
// expects: (hook=onItemCaptured) EvalError: scripts cannot make code from text
function onItemCaptured() { eval("for (;;) {}"); }
