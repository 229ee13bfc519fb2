// regular-expression
// expects: (hook=onItemCaptured) stopped after computing for
function onItemCaptured() { for (;;) /(a+)+$/.test("aaaaaaaaaaaaaaaaaaaaaaaab"); }
