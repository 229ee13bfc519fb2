// html-comments
// expects: commented
<!-- an old habit
function onItemCaptured(data) { if (data.number === 1) console.log("commented"); }
--> the end of it
