// timer-storm
// expects: storms on
(function again() { setTimeout(again, 0); })();
setInterval(function () {}, 0);
function onItemCaptured(data) { if (data.number === 1) console.log("storms on"); }
