// cyclic-log
// expects: {"self":"[Circular]","list":[1,"[Circular]"]}
function onItemCaptured(data) {
  var cyclic = { self: null, list: [1] };
  cyclic.self = cyclic;
  cyclic.list.push(cyclic);
  if (data.number === 1) console.log(cyclic);
  if (data.number === 2) JSON.stringify(cyclic);
}
