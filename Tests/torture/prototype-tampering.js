// prototype-tampering
// expects: still prints {"a":[1]}
Object.prototype.extra = 1;
Array.prototype.join = Array.prototype.push = String.prototype.slice = null;
Object.defineProperty(Array.prototype, "0", { set: function () { throw new Error("trap"); } });
Object.defineProperty(Object.prototype, "length", { get: function () { for (;;) {} } });
Function.prototype.apply = null;
JSON.stringify = JSON.parse = Object.keys = String = Error = Date = null;
this.console = this.jobs = null;
function onItemCaptured(data) { if (data.number === 1) console.log("still prints", { a: [1] }); }
