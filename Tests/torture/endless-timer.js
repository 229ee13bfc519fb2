// endless-timer
// expects: (timer) stopped after computing for
setTimeout(function () { for (;;) {} }, 0);
