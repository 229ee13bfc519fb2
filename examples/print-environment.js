// Print the environment
//
// Shows where the script runs and the names, not the values, of what it finds in env.
//
//     remora run examples/print-environment.js --once --env GREETING=hello

console.log("node:", utils.nodeName());
console.log("env:", Object.keys(env).sort().join(", ") || "empty");
console.log("jobs:", jobs.list().join(", ") || "none");
