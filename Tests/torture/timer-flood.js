// timer-flood
// expects: Error: 1000 timers are set already, which is the limit (timers)
function onItemCaptured() { for (;;) setTimeout(function () {}, 1e6); }
